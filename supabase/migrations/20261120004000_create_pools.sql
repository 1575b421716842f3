-- Money of many investors, traded as one. Who owns which part of a pool is counted in units; each purchase is a lot with a
-- high-water mark of its own, so that nobody pays for profit they did not get. The money itself is in the ledger: what a
-- pool owns is the balance of its account 'available', which moves at settlements only.
create table public.pools (
  id uuid primary key default private.uuid_v7(),
  name text not null check (name = btrim(name) and char_length(name) between 3 and 60),
  description text not null default '' check (char_length(description) <= 2000),
  currency text not null references public.assets (asset),
  -- No foreign keys to people: books outlive whom they name.
  manager_id uuid not null,
  status text not null default 'draft' check (status in ('draft', 'open', 'running', 'paused', 'settling', 'closed')),
  -- What it was before it was paused or settling.
  resumes_as text check (resumes_as in ('open', 'running')),
  visibility text not null default 'public' check (visibility in ('public', 'private')),
  -- A manual one settles only when an administrator forces it.
  cycle text not null check (cycle in ('manual', 'hourly', 'daily', 'weekly', 'monthly')),
  -- How long before a cycle's end its requests are locked.
  cutoff_lead interval not null check (cutoff_lead >= interval '0' and cutoff_lead <= interval '7 days'),
  minimum numeric not null check (minimum > 0 and minimum <> 'NaN'),
  -- The most it may own, subscriptions that wait included.
  cap numeric check (cap >= minimum and cap <> 'NaN'),
  manager_fee_percent numeric not null default 15
    check (manager_fee_percent between 0 and 50 and manager_fee_percent = round(manager_fee_percent, 2)),
  -- The platform's part of the manager's fee.
  platform_share_percent numeric not null default 0
    check (platform_share_percent between 0 and 100 and platform_share_percent = round(platform_share_percent, 2)),
  -- A cycle's result beyond this is not believed.
  equity_move_percent_max numeric not null default 50 check (equity_move_percent_max between 1 and 10000),
  -- {trading: {adapter, …}}: without secrets, those are the worker's.
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 8192),
  -- All lots' units, and what one was worth at the last settlement.
  units numeric not null default 0 check (units >= 0 and units = round(units, 8)),
  unit_price numeric not null default 100 check (unit_price >= 0 and unit_price = round(unit_price, 12)),
  -- The cycle that requests join before its cut-off; 0 while there is none.
  cycle_no integer not null default 0 check (cycle_no >= 0),
  lots integer not null default 0 check (lots >= 0),
  created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  opened_at timestamptz,
  closed_at timestamptz,
  check ((status in ('paused', 'settling')) = (resumes_as is not null)),
  check ((status = 'closed') = (closed_at is not null))
);
create unique index pools_name_idx on public.pools (lower(name));
create index pools_manager_id_idx on public.pools (manager_id);
alter table public.pools enable row level security;
revoke all on public.pools from anon, authenticated, service_role;

-- Who sees a private pool without being its manager or an investor.
create table public.pool_members (
  pool_id uuid not null references public.pools (id),
  user_id uuid not null,
  added_by uuid not null,
  added_at timestamptz not null default clock_timestamp(),
  primary key (pool_id, user_id)
);
create index pool_members_user_id_idx on public.pool_members (user_id);
alter table public.pool_members enable row level security;
revoke all on public.pool_members from anon, authenticated, service_role;

-- From one dealing point to the next.
create table public.pool_cycles (
  pool_id uuid not null references public.pools (id),
  no integer not null check (no > 0),
  status text not null default 'open' check (status in ('open', 'settled')),
  opened_at timestamptz not null default clock_timestamp(),
  -- From here on requests join the next cycle, and those of this one cannot be taken back. Null until a manual one is forced.
  cutoff_at timestamptz,
  ends_at timestamptz,
  forced_by uuid,
  -- The terms it began with, so that no change is retroactive.
  manager_fee_percent numeric not null check (manager_fee_percent between 0 and 50),
  platform_share_percent numeric not null check (platform_share_percent between 0 and 100),
  -- Who is paid its fee.
  manager_id uuid not null,
  settled_at timestamptz,
  -- What the adapter said the pool was worth, when, and what that made of a unit, before requests.
  equity numeric check (equity >= 0 and equity <> 'NaN'),
  equity_at timestamptz,
  pnl numeric,
  unit_price numeric check (unit_price >= 0),
  units_before numeric,
  units_after numeric,
  fee numeric check (fee >= 0),
  fee_platform numeric check (fee_platform >= 0),
  subscribed numeric check (subscribed >= 0),
  redeemed numeric check (redeemed >= 0),
  lots_charged integer,
  -- Null for a cycle in which nothing moved.
  transfer_id uuid unique references public.ledger_transfers (id),
  attempts integer not null default 0,
  last_error text check (char_length(last_error) <= 200),
  primary key (pool_id, no),
  check (cutoff_at <= ends_at),
  check ((cutoff_at is null) = (ends_at is null)),
  check ((status = 'settled') = (settled_at is not null)),
  check (status = 'open' or (equity is not null and unit_price is not null))
);
create index pool_cycles_due_idx on public.pool_cycles (ends_at) where status = 'open';
alter table public.pool_cycles enable row level security;
revoke all on public.pool_cycles from anon, authenticated, service_role;

-- A lot is what a subscription became, under the subscription's id: what users call an investment.
create table public.pool_lots (
  id uuid primary key,
  pool_id uuid not null references public.pools (id),
  investor_id uuid not null,
  -- The how-manieth lot of its pool.
  no integer not null check (no > 0),
  units numeric not null check (units >= 0 and units = round(units, 8)),
  -- Fees are charged on what a unit is worth above it.
  mark numeric not null check (mark > 0),
  units_bought numeric not null check (units_bought > 0),
  price_bought numeric not null check (price_bought > 0),
  amount_bought numeric not null check (amount_bought > 0),
  cycle_bought integer not null,
  bought_at timestamptz not null,
  fees_paid numeric not null default 0 check (fees_paid >= 0),
  amount_redeemed numeric not null default 0 check (amount_redeemed >= 0),
  unique (pool_id, no)
) with (fillfactor = 80);
create index pool_lots_investor_id_idx on public.pool_lots (investor_id, id);
alter table public.pool_lots enable row level security;
revoke all on public.pool_lots from anon, authenticated, service_role;

-- What a settlement did to a lot, where it did anything: the rest follows from pool_cycles.
create table public.pool_lot_changes (
  lot_id uuid not null references public.pool_lots (id),
  cycle_no integer not null,
  kind text not null check (kind in ('bought', 'charged', 'redeemed')),
  -- Up for what was bought, down for what was charged or redeemed.
  units numeric not null,
  amount numeric not null check (amount >= 0),
  price numeric not null check (price >= 0),
  primary key (lot_id, cycle_no, kind)
);
alter table public.pool_lot_changes enable row level security;
revoke all on public.pool_lot_changes from anon, authenticated, service_role;

-- What waits for a dealing point.
create table public.pool_requests (
  id uuid primary key default private.uuid_v7(),
  pool_id uuid not null references public.pools (id),
  investor_id uuid not null,
  kind text not null check (kind in ('subscribe', 'redeem')),
  -- Which cycle settles it.
  cycle_no integer not null check (cycle_no > 0),
  status text not null default 'queued' check (status in ('queued', 'settled', 'cancelled', 'refused')),
  -- A subscription's money, held in the ledger.
  amount numeric check (amount > 0 and amount <> 'NaN'),
  hold_id uuid references public.ledger_holds (id),
  -- A redemption's lot and units; everything means whatever is left of the lot after fees.
  lot_id uuid references public.pool_lots (id),
  units numeric check (units > 0 and units = round(units, 8)),
  everything boolean not null default false,
  -- The withdrawal that waits for its money.
  withdrawal_id uuid,
  requested_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  -- Once settled: what a unit was worth, the units bought or sold, and the money paid in or out.
  price numeric,
  units_settled numeric,
  amount_settled numeric,
  -- Why it was refused or cancelled, as a code.
  reason text check (reason ~ '^[a-z_]{1,40}$'),
  check (case kind
    when 'subscribe' then amount is not null and hold_id is not null and lot_id is null and units is null
    else amount is null and hold_id is null and lot_id is not null and units is not null end),
  check ((status = 'queued') = (settled_at is null))
);
create index pool_requests_queue_idx on public.pool_requests (pool_id, cycle_no) where status = 'queued';
create index pool_requests_investor_id_idx on public.pool_requests (investor_id, id);
create index pool_requests_lot_id_idx on public.pool_requests (lot_id) where lot_id is not null;
alter table public.pool_requests enable row level security;
revoke all on public.pool_requests from anon, authenticated, service_role;

-- What a pool was worth over time, as its adapter said.
create table public.pool_nav (
  pool_id uuid not null references public.pools (id),
  at timestamptz not null,
  equity numeric not null check (equity >= 0),
  units numeric not null,
  unit_price numeric not null,
  -- Value of all positions over equity.
  exposure numeric,
  primary key (pool_id, at)
);
alter table public.pool_nav enable row level security;
revoke all on public.pool_nav from anon, authenticated, service_role;

-- How a pool stands now: one row a pool, replaced.
create table public.pool_live (
  pool_id uuid primary key references public.pools (id),
  -- The last number believed.
  at timestamptz,
  equity numeric,
  unit_price numeric,
  pnl numeric,
  exposure numeric,
  -- From the highest value of a unit so far, as a fraction; and the yearly Sharpe ratio of daily returns.
  drawdown numeric,
  sharpe numeric,
  -- [{symbol, side, quantity, entry_price, mark_price, pnl}], money as text.
  positions jsonb not null default '[]' check (jsonb_typeof(positions) = 'array' and pg_column_size(positions) <= 262144),
  adapter_status text not null default 'unknown' check (adapter_status in ('unknown', 'ok', 'failing')),
  -- A code, when failing.
  adapter_error text check (char_length(adapter_error) <= 200),
  checked_at timestamptz,
  -- What the adapter keeps between calls.
  adapter_state jsonb not null default '{}' check (pg_column_size(adapter_state) <= 16384)
);
alter table public.pool_live enable row level security;
revoke all on public.pool_live from anon, authenticated, service_role;

-- What was announced and does not hold yet, and what has come to hold.
create table public.pool_fee_changes (
  pool_id uuid not null references public.pools (id),
  -- The first cycle with the new fee.
  cycle_no integer not null,
  manager_fee_percent numeric not null check (manager_fee_percent between 0 and 50),
  announced_at timestamptz not null default clock_timestamp(),
  announced_by uuid not null,
  primary key (pool_id, cycle_no)
);
alter table public.pool_fee_changes enable row level security;
revoke all on public.pool_fee_changes from anon, authenticated, service_role;

create function private.refuse_book_deletion() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'Pools and what happened in them stay in the books';
end
$$;
create trigger refuse_delete before delete on public.pools for each row execute function private.refuse_book_deletion();
create trigger refuse_truncate before truncate on public.pools for each statement execute function private.refuse_book_deletion();
create trigger refuse_delete before delete on public.pool_cycles for each row execute function private.refuse_book_deletion();
create trigger refuse_truncate before truncate on public.pool_cycles for each statement execute function private.refuse_book_deletion();
create trigger refuse_delete before delete on public.pool_lots for each row execute function private.refuse_book_deletion();
create trigger refuse_truncate before truncate on public.pool_lots for each statement execute function private.refuse_book_deletion();
create trigger refuse_delete before delete on public.pool_lot_changes for each row execute function private.refuse_book_deletion();
create trigger refuse_truncate before truncate on public.pool_lot_changes for each statement execute function private.refuse_book_deletion();
create trigger refuse_delete before delete on public.pool_requests for each row execute function private.refuse_book_deletion();
create trigger refuse_truncate before truncate on public.pool_requests for each statement execute function private.refuse_book_deletion();
