-- One double-entry ledger holds every cent. A transfer's entries add up to zero in each asset; entries are only ever
-- added; an account's balance is kept beside them in the same transaction, and each entry says what the balance was
-- after it and which of the account's entries it is, so that nothing can be left out unnoticed.
create table public.assets (
  asset text primary key check (asset ~ '^[A-Z0-9.]{1,20}$'),
  -- Digits behind the point of its smallest unit.
  scale smallint not null check (scale between 0 and 18),
  kind text not null check (kind in ('fiat', 'crypto')),
  created_at timestamptz not null default now()
);
alter table public.assets enable row level security;
revoke all on public.assets from anon, authenticated, service_role;
insert into public.assets (asset, scale, kind) values
  ('EUR', 2, 'fiat'), ('BTC', 8, 'crypto'), ('ETH', 18, 'crypto'), ('USDT', 6, 'crypto'), ('USDC', 6, 'crypto'),
  ('SOL', 9, 'crypto'), ('BNB', 18, 'crypto'), ('XRP', 6, 'crypto');

create table public.ledger_accounts (
  id uuid primary key default private.uuid_v7(),
  -- A user, a pool, or the platform itself (its id is all zeros). No foreign key: accounts outlive whom they belong to.
  owner_type text not null check (owner_type in ('user', 'pool', 'platform')),
  owner_id uuid not null,
  asset text not null references public.assets (asset),
  -- available and held are what an owner has; fees is what the platform earned; world is where money comes from and
  -- goes to, and result is the other side of trading profit and loss: these two alone may be below zero.
  kind text not null check (kind in ('available', 'held', 'fees', 'world', 'result')),
  balance numeric not null default 0,
  -- Entries so far.
  entries bigint not null default 0 check (entries >= 0),
  created_at timestamptz not null default now(),
  unique (owner_type, owner_id, asset, kind),
  check (balance >= 0 or kind in ('world', 'result')),
  check ((owner_type = 'platform') = (owner_id = '00000000-0000-0000-0000-000000000000')),
  check (kind not in ('fees', 'world') or owner_type = 'platform')
);
create index ledger_accounts_owner_idx on public.ledger_accounts (owner_id, asset);
alter table public.ledger_accounts enable row level security;
revoke all on public.ledger_accounts from anon, authenticated, service_role;

create table public.ledger_transfers (
  id uuid primary key,
  -- Null for what the platform does by itself.
  actor uuid,
  operation text not null check (operation ~ '^[a-z][a-z_]{0,39}$'),
  client_id uuid not null,
  content_hash bytea not null check (octet_length(content_hash) = 32),
  -- What the transfer is about: ids and texts for statements, never amounts.
  memo jsonb not null default '{}' check (jsonb_typeof(memo) = 'object' and pg_column_size(memo) <= 2048),
  reverses uuid unique references public.ledger_transfers (id),
  at timestamptz not null,
  unique nulls not distinct (actor, operation, client_id)
);
alter table public.ledger_transfers enable row level security;
revoke all on public.ledger_transfers from anon, authenticated, service_role;

create table public.ledger_entries (
  account_id uuid not null references public.ledger_accounts (id),
  -- The how-manieth of its account.
  seq bigint not null check (seq > 0),
  transfer_id uuid not null references public.ledger_transfers (id),
  amount numeric not null check (amount <> 0),
  balance_after numeric not null,
  at timestamptz not null,
  primary key (account_id, seq),
  unique (transfer_id, account_id)
);
create index ledger_entries_at_idx on public.ledger_entries (account_id, at desc, seq desc);
alter table public.ledger_entries enable row level security;
revoke all on public.ledger_entries from anon, authenticated, service_role;

create function private.refuse_ledger_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise sqlstate 'PT403' using message = 'forbidden', detail = 'The ledger is only ever added to';
end
$$;
create trigger refuse_change before update or delete on public.ledger_entries
  for each row execute function private.refuse_ledger_change();
create trigger refuse_truncate before truncate on public.ledger_entries
  for each statement execute function private.refuse_ledger_change();
create trigger refuse_change before update or delete on public.ledger_transfers
  for each row execute function private.refuse_ledger_change();
create trigger refuse_truncate before truncate on public.ledger_transfers
  for each statement execute function private.refuse_ledger_change();
create trigger refuse_delete before delete on public.ledger_accounts
  for each row execute function private.refuse_ledger_change();
create trigger refuse_truncate before truncate on public.ledger_accounts
  for each statement execute function private.refuse_ledger_change();

-- Whoever adds entries, by a function or by hand, adds whole transfers that fit their accounts.
-- A settlement is one transfer of a hundred thousand entries. The ledger's own triggers compare row sets that plans made for
-- two rows walk once for each row; grouped, they are read once however many there are.
create function private.check_entries() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from added e join public.ledger_accounts a on a.id = e.account_id
    group by e.transfer_id, a.asset having sum(e.amount) <> 0) then
    raise exception 'A transfer''s entries do not add up to zero' using errcode = 'check_violation';
  end if;
  if exists (
    select 1 from (
      select e.account_id, max(e.seq) as seq, min(e.seq) as first, count(*) as n,
        (array_agg(e.balance_after order by e.seq desc))[1] as balance_after
      from added e group by e.account_id) as l
    join public.ledger_accounts a on a.id = l.account_id
    where a.entries <> l.seq or a.balance <> l.balance_after or l.seq - l.first + 1 <> l.n) then
    raise exception 'Entries do not fit the balance of their account' using errcode = 'check_violation';
  end if;
  return null;
end
$$;
create trigger check_entries after insert on public.ledger_entries
  referencing new table as added for each statement execute function private.check_entries();

-- A balance moves with its entries or not at all, whoever moves it: entries are inserted by the same statement.
create function private.check_balances() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from (
      select x.id, max(x.entries) filter (where x.is_new) as entries, max(x.balance) filter (where x.is_new) as balance
      from (
        select c.id, c.entries, c.balance, true as is_new from changed c
        union all select b.id, b.entries, b.balance, false from before b) as x
      group by x.id having min(x.entries) <> max(x.entries) or min(x.balance) <> max(x.balance)) as n
    where not exists (
      select 1 from public.ledger_entries e
      where e.account_id = n.id and e.seq = n.entries and e.balance_after = n.balance)) then
    raise exception 'A balance changed without its entry' using errcode = 'check_violation';
  end if;
  return null;
end
$$;
create trigger check_balances after update on public.ledger_accounts
  referencing old table as before new table as changed for each statement execute function private.check_balances();

create function private.keep_account() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.owner_type, new.owner_id, new.asset, new.kind, new.created_at)
    is distinct from (old.id, old.owner_type, old.owner_id, old.asset, old.kind, old.created_at) then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'An account stays its owner''s';
  end if;
  return new;
end
$$;
create trigger keep_account before update on public.ledger_accounts
  for each row execute function private.keep_account();

create function private.ledger_account(p_owner_type text, p_owner_id uuid, p_asset text, p_kind text) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_id uuid;
begin
  select a.id into v_id from public.ledger_accounts a
  where a.owner_type = p_owner_type and a.owner_id = p_owner_id and a.asset = p_asset and a.kind = p_kind;
  if found then
    return v_id;
  end if;
  if not exists (select 1 from public.assets x where x.asset = p_asset) then
    raise sqlstate 'PT400' using message = 'unknown_asset', detail = 'No such asset in the ledger';
  end if;
  insert into public.ledger_accounts (owner_type, owner_id, asset, kind) values (p_owner_type, p_owner_id, p_asset, p_kind)
  on conflict (owner_type, owner_id, asset, kind) do nothing
  returning id into v_id;
  if v_id is null then
    select a.id into v_id from public.ledger_accounts a
    where a.owner_type = p_owner_type and a.owner_id = p_owner_id and a.asset = p_asset and a.kind = p_kind;
  end if;
  return v_id;
end
$$;
comment on function private.ledger_account(text, uuid, text, text) is 'The account of an owner, an asset and a kind; made when there is none.';

create function private.platform_account(p_asset text, p_kind text) returns uuid
language sql volatile security definer set search_path = ''
as $$ select private.ledger_account('platform', '00000000-0000-0000-0000-000000000000', p_asset, p_kind) $$;

create function private.transfer_hash(p_accounts uuid[], p_amounts numeric[]) returns bytea
language sql immutable set search_path = ''
as $$
  select sha256(convert_to(string_agg(m.account::text || ' ' || trim_scale(m.amount)::text, E'\n' order by m.account), 'UTF8'))
  from unnest(p_accounts, p_amounts) as m(account, amount)
$$;
comment on function private.transfer_hash(uuid[], numeric[]) is
  'SHA-256 over a transfer''s lines "<account> <amount>", by account.';

create function private.post_transfer(
  p_operation text, p_client_id uuid, p_accounts uuid[], p_amounts numeric[], p_memo jsonb default '{}',
  p_actor uuid default auth.uid(), p_reverses uuid default null)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- One settlement is one transfer.
  v_entries_max constant integer := 1000000;
  v_count integer := coalesce(cardinality(p_accounts), 0);
  v_hash bytea;
  v_known public.ledger_transfers;
  v_id uuid;
  v_at timestamptz;
begin
  if p_client_id is null or v_count not between 2 and v_entries_max or v_count <> coalesce(cardinality(p_amounts), 0) then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A transfer has a client id and as many amounts as accounts, two at least';
  end if;
  if (select count(distinct x) from unnest(p_accounts) as x) <> v_count then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A transfer names each account once';
  end if;
  -- NaN compares as larger than anything: it never equals zero in sums, but say so first.
  if exists (select 1 from unnest(p_amounts) as x where x is null or x = 0 or x = 'NaN' or x in ('Infinity', '-Infinity')) then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount is a number other than zero';
  end if;
  v_hash := sha256(private.transfer_hash(p_accounts, p_amounts) || convert_to(p_memo::text || coalesce(p_reverses::text, ''), 'UTF8'));

  -- Twins that arrive together wait here for each other.
  perform pg_advisory_xact_lock(hashtextextended(coalesce(p_actor::text, '') || p_operation || p_client_id::text, 1));
  select * into v_known from public.ledger_transfers t
  where t.actor is not distinct from p_actor and t.operation = p_operation and t.client_id = p_client_id;
  if found then
    if v_known.content_hash <> v_hash then
      raise sqlstate 'PT409' using message = 'conflict', detail = 'That client_id was used with other content';
    end if;
    return v_known.id;
  end if;

  -- Always in the same order, so that no two transfers wait for each other.
  perform 1 from public.ledger_accounts a where a.id = any (p_accounts) order by a.id for update;
  if (select count(*) from public.ledger_accounts a where a.id = any (p_accounts)) <> v_count then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such account';
  end if;
  if exists (
    select 1 from unnest(p_accounts, p_amounts) as m(account, amount)
    join public.ledger_accounts a on a.id = m.account join public.assets s on s.asset = a.asset
    where m.amount <> round(m.amount, s.scale)) then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount has more digits than its asset';
  end if;
  if exists (
    select 1 from unnest(p_accounts, p_amounts) as m(account, amount)
    join public.ledger_accounts a on a.id = m.account group by a.asset having sum(m.amount) <> 0) then
    raise exception 'A transfer''s entries do not add up to zero' using errcode = 'check_violation';
  end if;

  -- After the locks: times and numbers of an account's entries rise together.
  v_at := clock_timestamp();
  v_id := private.uuid_v7();
  insert into public.ledger_transfers (id, actor, operation, client_id, content_hash, memo, reverses, at)
  values (v_id, p_actor, p_operation, p_client_id, v_hash, p_memo, p_reverses, v_at);
  begin
    with moved as (
      update public.ledger_accounts a
      set balance = a.balance + m.amount, entries = a.entries + 1
      from unnest(p_accounts, p_amounts) as m(account, amount)
      where a.id = m.account
      returning a.id, a.entries, a.balance, m.amount
    )
    insert into public.ledger_entries (account_id, seq, transfer_id, amount, balance_after, at)
    select moved.id, moved.entries, v_id, moved.amount, moved.balance, v_at from moved;
  exception
    when check_violation then
      if sqlerrm like '%ledger_accounts%' then
        raise sqlstate 'PT409' using message = 'insufficient_funds', detail = 'The balance does not cover that';
      end if;
      raise;
  end;
  perform private.audit('ledger.transfer', 'transfer', v_id::text,
    jsonb_build_object('operation', p_operation, 'hash', encode(v_hash, 'hex')));
  return v_id;
end
$$;
comment on function private.post_transfer(text, uuid, uuid[], numeric[], jsonb, uuid, uuid) is
  'Moves amounts between accounts in one transfer whose entries add up to zero in each asset; returns its id. The same (actor, operation, client id) with the same content returns the first one''s, with other content raises conflict. Raises insufficient_funds, invalid_amount, not_found.';

create function private.reverse_transfer(p_transfer_id uuid, p_operation text, p_client_id uuid, p_memo jsonb default '{}')
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_accounts uuid[];
  v_amounts numeric[];
begin
  select array_agg(e.account_id order by e.account_id), array_agg(-e.amount order by e.account_id)
  into v_accounts, v_amounts from public.ledger_entries e where e.transfer_id = p_transfer_id;
  if v_accounts is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such transfer';
  end if;
  return private.post_transfer(p_operation, p_client_id, v_accounts, v_amounts, p_memo, p_reverses => p_transfer_id);
exception
  when unique_violation then
    raise sqlstate 'PT409' using message = 'already_reversed', detail = 'That transfer has been reversed';
end
$$;
comment on function private.reverse_transfer(uuid, text, uuid, jsonb) is
  'Takes a transfer back by an equal one the other way; once only, and while the balances cover it.';

create function private.balance_at(p_account_id uuid, p_at timestamptz) returns numeric
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select e.balance_after from public.ledger_entries e
    where e.account_id = p_account_id and e.at <= p_at order by e.at desc, e.seq desc limit 1), 0)
$$;
comment on function private.balance_at(uuid, timestamptz) is 'What an account held at a time.';
