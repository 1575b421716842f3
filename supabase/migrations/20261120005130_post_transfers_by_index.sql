-- Transfers find their twin by the index, whatever the ledger has grown to: "is not distinct from" is no condition an index
-- serves, so every transfer read them all. And a balance that does not cover is seen under the locks, before anything is
-- written: catching the constraint's error took a subtransaction, whose updates of rows locked outside it left a trail of
-- multixacts on busy accounts.
create function private.known_transfer(p_actor uuid, p_operation text, p_client_id uuid) returns public.ledger_transfers
-- By the index, whatever the session planned while there was little to read.
language plpgsql stable security definer set search_path = '' set enable_seqscan = off
as $$
declare
  v_known public.ledger_transfers;
begin
  if p_actor is null then
    select * into v_known from public.ledger_transfers t
    where t.actor is null and t.operation = p_operation and t.client_id = p_client_id;
  else
    select * into v_known from public.ledger_transfers t
    where t.actor = p_actor and t.operation = p_operation and t.client_id = p_client_id;
  end if;
  return v_known;
end
$$;
comment on function private.known_transfer(uuid, text, uuid) is
  'The transfer an actor, or the platform where that is null, posted under a client id; all null where there is none.';

create or replace function private.post_transfer(
  p_operation text, p_client_id uuid, p_accounts uuid[], p_amounts numeric[], p_memo jsonb default '{}',
  p_actor uuid default auth.uid(), p_reverses uuid default null)
returns uuid
-- So that the plans that its triggers and foreign keys keep look rows up as well.
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
  -- One settlement is one transfer.
  v_entries_max constant integer := 1000000;
  v_count integer := coalesce(cardinality(p_accounts), 0);
  v_hash bytea;
  v_known public.ledger_transfers;
  v_found record;
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
  v_known := private.known_transfer(p_actor, p_operation, p_client_id);
  if v_known.id is not null then
    if v_known.content_hash <> v_hash then
      raise sqlstate 'PT409' using message = 'conflict', detail = 'That client_id was used with other content';
    end if;
    return v_known.id;
  end if;

  -- Always in the same order, so that no two transfers wait for each other.
  perform 1 from public.ledger_accounts a where a.id = any (p_accounts) order by a.id for update;
  select count(*) as accounts, bool_or(m.amount <> round(m.amount, s.scale)) as too_fine,
    bool_or(a.balance + m.amount < 0 and a.kind not in ('world', 'result')) as overdrawn
  into v_found
  from unnest(p_accounts, p_amounts) as m(account, amount)
  join public.ledger_accounts a on a.id = m.account join public.assets s on s.asset = a.asset;
  if v_found.accounts <> v_count then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such account';
  elsif p_reverses is not null and exists (select 1 from public.ledger_transfers t where t.reverses = p_reverses) then
    raise sqlstate 'PT409' using message = 'already_reversed', detail = 'That transfer has been reversed';
  elsif v_found.too_fine then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount has more digits than its asset';
  elsif v_found.overdrawn then
    raise sqlstate 'PT409' using message = 'insufficient_funds', detail = 'The balance does not cover that';
  end if;

  -- After the locks: times and numbers of an account's entries rise together. That amounts add up to zero, and entries fit
  -- their balances, is what the tables' triggers prove.
  v_at := clock_timestamp();
  v_id := private.uuid_v7();
  insert into public.ledger_transfers (id, actor, operation, client_id, content_hash, memo, reverses, at)
  values (v_id, p_actor, p_operation, p_client_id, v_hash, p_memo, p_reverses, v_at);
  with moved as (
    update public.ledger_accounts a
    set balance = a.balance + m.amount, entries = a.entries + 1
    from unnest(p_accounts, p_amounts) as m(account, amount)
    where a.id = m.account
    returning a.id, a.entries, a.balance, m.amount
  )
  insert into public.ledger_entries (account_id, seq, transfer_id, amount, balance_after, at)
  select moved.id, moved.entries, v_id, moved.amount, moved.balance, v_at from moved;
  perform private.audit('ledger.transfer', 'transfer', v_id::text,
    jsonb_build_object('operation', p_operation, 'hash', encode(v_hash, 'hex')));
  return v_id;
end
$$;

comment on function private.post_transfer(text, uuid, uuid[], numeric[], jsonb, uuid, uuid) is
  'Moves amounts between accounts in one transfer whose entries add up to zero in each asset; returns its id. The same (actor, operation, client id) with the same content returns the first one''s, with other content raises conflict. Raises insufficient_funds, invalid_amount, not_found, already_reversed.';

create or replace function private.reverse_transfer(p_transfer_id uuid, p_operation text, p_client_id uuid, p_memo jsonb default '{}')
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
end
$$;

create or replace function private.reserve(
  p_owner_id uuid, p_asset text, p_amount numeric, p_subject_type text, p_subject_id uuid, p_client_id uuid,
  p_memo jsonb default '{}')
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_hold public.ledger_holds;
begin
  if p_amount is null or not p_amount > 0 or p_amount in ('NaN', 'Infinity') then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount is above zero';
  end if;
  -- Twins that arrive together wait here for each other.
  perform pg_advisory_xact_lock(hashtextextended(p_subject_type || p_subject_id::text, 2));
  select * into v_hold from public.ledger_holds h where h.subject_type = p_subject_type and h.subject_id = p_subject_id;
  if found then
    if (v_hold.owner_id, v_hold.asset, v_hold.amount) = (p_owner_id, p_asset, p_amount)
      and (private.known_transfer(auth.uid(), 'reserve', p_client_id)).id is not null then
      return v_hold.id;
    end if;
    raise sqlstate 'PT409' using message = 'conflict', detail = 'There is a hold for that already';
  end if;
  perform private.post_transfer('reserve', p_client_id,
    array[private.ledger_account('user', p_owner_id, p_asset, 'available'), private.ledger_account('user', p_owner_id, p_asset, 'held')],
    array[-p_amount, p_amount], p_memo || jsonb_build_object('subject_type', p_subject_type, 'subject_id', p_subject_id));
  insert into public.ledger_holds (owner_id, asset, amount, remaining, subject_type, subject_id)
  values (p_owner_id, p_asset, p_amount, p_amount, p_subject_type, p_subject_id)
  returning * into v_hold;
  return v_hold.id;
end
$$;
create or replace function private.settle_hold(p_hold_id uuid, p_amount numeric, p_to_account uuid, p_operation text, p_client_id uuid, p_memo jsonb)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_hold public.ledger_holds;
  v_known uuid;
  v_transfer uuid;
begin
  select * into v_hold from public.ledger_holds h where h.id = p_hold_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such hold';
  end if;
  if p_amount is null or not p_amount > 0 or p_amount = 'NaN' then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount is above zero';
  end if;
  v_known := (private.known_transfer(auth.uid(), p_operation, p_client_id)).id;
  if v_known is null and p_amount > v_hold.remaining then
    raise sqlstate 'PT409' using message = 'hold_exceeded', detail = 'More than is held for that';
  end if;
  v_transfer := private.post_transfer(p_operation, p_client_id,
    array[private.ledger_account('user', v_hold.owner_id, v_hold.asset, 'held'), p_to_account], array[-p_amount, p_amount],
    p_memo || jsonb_build_object('hold_id', v_hold.id, 'subject_type', v_hold.subject_type, 'subject_id', v_hold.subject_id));
  if v_known is null then
    update public.ledger_holds h set remaining = h.remaining - p_amount,
      closed_at = case when h.remaining = p_amount then clock_timestamp() end
    where h.id = p_hold_id;
  end if;
  return v_transfer;
end
$$;

-- A session keeps the plans of these. One made for a settlement of thousands would read accounts and entries as a whole for
-- every small transfer after it: each row is looked up by itself ("offset 0").
create or replace function private.check_entries() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from added e
    cross join lateral (select x.asset from public.ledger_accounts x where x.id = e.account_id offset 0) as a
    group by e.transfer_id, a.asset having sum(e.amount) <> 0) then
    raise exception 'A transfer''s entries do not add up to zero' using errcode = 'check_violation';
  end if;
  if exists (
    select 1 from (
      select e.account_id, max(e.seq) as seq, min(e.seq) as first, count(*) as n,
        (array_agg(e.balance_after order by e.seq desc))[1] as balance_after
      from added e group by e.account_id) as l
    cross join lateral (
      select x.entries, x.balance from public.ledger_accounts x where x.id = l.account_id offset 0) as a
    where a.entries <> l.seq or a.balance <> l.balance_after or l.seq - l.first + 1 <> l.n) then
    raise exception 'Entries do not fit the balance of their account' using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create or replace function private.check_balances() returns trigger
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
      where e.account_id = n.id and e.seq = n.entries and e.balance_after = n.balance offset 0)) then
    raise exception 'A balance changed without its entry' using errcode = 'check_violation';
  end if;
  return null;
end
$$;
