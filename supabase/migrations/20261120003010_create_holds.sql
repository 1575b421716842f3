-- Money set aside: it leaves available for held at once, and what becomes of it is decided later, in parts if need be.
create table public.ledger_holds (
  id uuid primary key default private.uuid_v7(),
  owner_id uuid not null,
  asset text not null references public.assets (asset),
  amount numeric not null check (amount > 0),
  -- Not yet captured or released.
  remaining numeric not null check (remaining >= 0 and remaining <= amount),
  -- What it is for: a withdrawal, an order, a subscription.
  subject_type text not null check (subject_type ~ '^[a-z][a-z_]{0,39}$'),
  subject_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  unique (subject_type, subject_id),
  check ((remaining = 0) = (closed_at is not null))
);
create index ledger_holds_owner_idx on public.ledger_holds (owner_id, asset) where closed_at is null;
alter table public.ledger_holds enable row level security;
revoke all on public.ledger_holds from anon, authenticated, service_role;
create trigger refuse_delete before delete on public.ledger_holds
  for each row execute function private.refuse_ledger_change();
create trigger refuse_truncate before truncate on public.ledger_holds
  for each statement execute function private.refuse_ledger_change();

create function private.reserve(
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
    if (v_hold.owner_id, v_hold.asset, v_hold.amount) = (p_owner_id, p_asset, p_amount) and exists (
      select 1 from public.ledger_transfers t
      where t.actor is not distinct from auth.uid() and t.operation = 'reserve' and t.client_id = p_client_id) then
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
comment on function private.reserve(uuid, text, numeric, text, uuid, uuid, jsonb) is
  'Sets an amount of a user''s aside for a subject; returns the hold. Once per subject; raises insufficient_funds.';

create function private.settle_hold(p_hold_id uuid, p_amount numeric, p_to_account uuid, p_operation text, p_client_id uuid, p_memo jsonb)
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
  select t.id into v_known from public.ledger_transfers t
  where t.actor is not distinct from auth.uid() and t.operation = p_operation and t.client_id = p_client_id;
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

create function private.capture(p_hold_id uuid, p_amount numeric, p_to_account uuid, p_client_id uuid, p_memo jsonb default '{}')
returns uuid
language sql volatile security definer set search_path = ''
as $$ select private.settle_hold(p_hold_id, p_amount, p_to_account, 'capture', p_client_id, p_memo) $$;
comment on function private.capture(uuid, numeric, uuid, uuid, jsonb) is
  'Pays held money to an account, all of it or a part; raises hold_exceeded.';

create function private.release_hold(p_hold_id uuid, p_amount numeric, p_client_id uuid, p_memo jsonb default '{}') returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_hold public.ledger_holds;
begin
  select * into v_hold from public.ledger_holds h where h.id = p_hold_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such hold';
  end if;
  return private.settle_hold(p_hold_id, p_amount, private.ledger_account('user', v_hold.owner_id, v_hold.asset, 'available'),
    'release', p_client_id, p_memo);
end
$$;
comment on function private.release_hold(uuid, numeric, uuid, jsonb) is
  'Gives held money back to its owner, all of it or a part; raises hold_exceeded.';
