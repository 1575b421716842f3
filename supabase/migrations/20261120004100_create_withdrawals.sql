-- Money on its way out of a wallet: what is asked for is set aside at once, an administrator who is somebody else approves
-- it, the worker has it paid. The rules of the way stand in the triggers, so that they hold for table editors, too.
create table public.withdrawals (
  id uuid primary key default private.uuid_v7(),
  -- No foreign keys to people: books outlive whom they name.
  user_id uuid not null,
  asset text not null references public.assets (asset),
  amount numeric not null check (amount > 0 and amount <> 'NaN'),
  -- What it was worth in EUR when it was asked for, or changed.
  eur numeric not null check (eur >= 0 and eur <> 'NaN'),
  -- ASCII alone: letters that look like others must not hide where money goes.
  destination text not null check (destination ~ '^[!-~][ -~]{2,118}[!-~]$'),
  status text not null default 'requested' check (status in (
    'requested', 'locked_until_settlement', 'awaiting_approval', 'approved', 'paid', 'rejected', 'cancelled')),
  -- Rises with each change of amount or destination: an approval names the one it means.
  revision integer not null default 1 check (revision > 0),
  -- None while the money is still in a pool.
  hold_id uuid unique references public.ledger_holds (id),
  -- Of a combined request: the lot, and the redemption it waits for.
  investment_id uuid references public.pool_lots (id),
  redemption_id uuid unique references public.pool_requests (id),
  requested_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz,
  approved_by uuid check (approved_by <> user_id),
  approved_at timestamptz,
  -- claimed from the moment a provider may have been told; refused when the provider has said that it will not pay.
  payout text check (payout in ('claimed', 'refused')),
  attempts integer not null default 0 check (attempts >= 0),
  last_error text check (char_length(last_error) <= 100),
  next_attempt_at timestamptz,
  paid_at timestamptz,
  transfer_id uuid unique references public.ledger_transfers (id),
  -- Null for what was rejected in the dashboard, which has no identity.
  rejected_by uuid,
  rejected_at timestamptz,
  cancelled_at timestamptz,
  -- The user reads it.
  reason text check (char_length(reason) between 1 and 200),
  check ((approved_by is null) = (approved_at is null)),
  check (status not in ('approved', 'paid') or approved_by is not null),
  check (status not in ('requested', 'locked_until_settlement', 'awaiting_approval') or (approved_by is null and payout is null)),
  check (status not in ('awaiting_approval', 'approved', 'paid') or hold_id is not null),
  check ((status = 'paid') = (transfer_id is not null)),
  check ((status = 'paid') = (paid_at is not null)),
  check ((status = 'rejected') = (rejected_at is not null)),
  check ((status = 'cancelled') = (cancelled_at is not null)),
  check ((investment_id is null) = (redemption_id is null)),
  check (status <> 'locked_until_settlement' or redemption_id is not null)
);
create index withdrawals_user_id_idx on public.withdrawals (user_id, id);
create index withdrawals_status_idx on public.withdrawals (status, id);
create index withdrawals_investment_id_idx on public.withdrawals (investment_id) where investment_id is not null;
create index withdrawals_next_attempt_at_idx on public.withdrawals (next_attempt_at) where status = 'approved';
alter table public.withdrawals enable row level security;
revoke all on public.withdrawals from anon, authenticated, service_role;

create function private.keep_withdrawal() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_who text := case
    when auth.uid() = new.user_id then 'user'
    when auth.uid() is not null then case when private.is_admin() then 'admin' else 'stranger' end
    when auth.role() = 'service_role' then 'worker'
    else 'dashboard' end;
  v_next constant jsonb := '{
    "requested": ["locked_until_settlement", "awaiting_approval"],
    "locked_until_settlement": ["awaiting_approval", "rejected", "cancelled"],
    "awaiting_approval": ["approved", "rejected", "cancelled"],
    "approved": ["awaiting_approval", "paid", "rejected", "cancelled"]}';
  v_changed boolean;
begin
  if tg_op = 'INSERT' then
    if v_who <> 'user' or new.status <> 'requested' then
      raise insufficient_privilege using message = 'Withdrawals are asked for by their users; see them at /admin/withdrawals';
    end if;
    return new;
  end if;
  v_changed := (new.amount, new.destination) is distinct from (old.amount, old.destination);
  -- A table editor has no identity: nobody could tell who approved. Taking money back to its owner needs none.
  if v_who = 'dashboard' then
    if new.status = 'rejected' and old.status <> 'rejected' then
      new.rejected_at := clock_timestamp();
    end if;
    if new.status <> 'rejected' or old.status = 'rejected'
      or to_jsonb(new) - array['status', 'reason', 'rejected_at'] <> to_jsonb(old) - array['status', 'reason', 'rejected_at'] then
      raise insufficient_privilege using message =
        'A withdrawal can be rejected here; everything else about it is done at /admin/withdrawals';
    end if;
  end if;
  if v_who = 'stranger'
    or (new.id, new.user_id, new.asset, new.requested_at) is distinct from (old.id, old.user_id, old.asset, old.requested_at)
    or (old.status <> 'requested' and (new.investment_id, new.redemption_id) is distinct from (old.investment_id, old.redemption_id))
    or (v_changed and v_who <> 'user')
    or (new.status <> old.status and not coalesce((v_next -> old.status) ? new.status, false))
    or (new.status = 'approved' and old.status <> 'approved' and (v_who <> 'admin' or new.approved_by is distinct from auth.uid()))
    or (new.status = 'rejected' and old.status <> 'rejected' and v_who not in ('admin', 'dashboard'))
    or (new.status = 'paid' and v_who <> 'worker')
    or (old.status in ('paid', 'rejected', 'cancelled')) then
    raise insufficient_privilege using message = 'That is no step of a withdrawal; see /admin/withdrawals';
  end if;
  -- From the claim on a provider may have paid already.
  if (new.status <> old.status and new.status <> 'paid' and old.payout = 'claimed')
    or ((v_changed or new.status = 'awaiting_approval') and old.payout is not null) then
    raise sqlstate 'PT409' using message = 'payout_started', detail = 'The payout is under way';
  end if;
  if v_changed then
    new.revision := old.revision + 1;
    new.changed_at := clock_timestamp();
    if old.status = 'approved' then
      new.status := 'awaiting_approval';
    end if;
    new.approved_by := null;
    new.approved_at := null;
  end if;
  if new.status in ('awaiting_approval', 'approved', 'paid') and not exists (
    select 1 from public.ledger_holds h
    where h.id = new.hold_id and h.subject_type = 'withdrawal' and h.subject_id = new.id and h.owner_id = new.user_id
      and h.asset = new.asset and h.remaining = case when new.status = 'paid' then 0 else new.amount end) then
    raise exception 'A withdrawal''s money is held' using errcode = 'check_violation';
  end if;
  if new.status = 'paid' and not exists (
    select 1 from public.ledger_transfers t
    where t.id = new.transfer_id and t.operation = 'capture' and t.client_id = new.id) then
    raise exception 'A paid withdrawal has its own transfer' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger keep_withdrawal before insert or update on public.withdrawals
  for each row execute function private.keep_withdrawal();

create function private.follow_withdrawal() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_left numeric;
  v_step text := case
    when tg_op = 'INSERT' then 'requested'
    when new.revision <> old.revision then 'changed'
    when new.status <> old.status then new.status end;
  v_money jsonb := jsonb_build_object('asset', new.asset, 'amount', trim_scale(new.amount)::text);
begin
  if v_step is null then
    return null;
  end if;
  if new.status in ('rejected', 'cancelled') and new.hold_id is not null then
    select h.remaining into v_left from public.ledger_holds h where h.id = new.hold_id;
    if v_left > 0 then
      perform private.release_hold(new.hold_id, v_left, new.id);
    end if;
  end if;
  perform private.audit('withdrawal.' || v_step, 'withdrawal', new.id::text, v_money || jsonb_strip_nulls(jsonb_build_object(
    'user_id', new.user_id, 'revision', new.revision, 'destination_end', right(new.destination, 4), 'reason', new.reason,
    'from', case when tg_op = 'UPDATE' then old.status end)));
  -- What follows its own request in the same instant needs no news of its own.
  if tg_op = 'INSERT' or old.status <> 'requested' then
    perform private.notify_users(array[new.user_id],
      'withdrawal_' || case v_step when 'awaiting_approval' then 'unlocked' else v_step end,
      array[v_money || jsonb_strip_nulls(jsonb_build_object('withdrawal_id', new.id, 'reason', new.reason))]);
  end if;
  if v_step = 'approved' then
    perform realtime.send('{"payouts": true}', 'wake', 'worker', true);
  end if;
  return null;
end
$$;
create trigger follow_withdrawal after insert or update on public.withdrawals
  for each row execute function private.follow_withdrawal();

create function private.refuse_withdrawal_deletion() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'Withdrawals stay in the books; see them at /admin/withdrawals';
end
$$;
create trigger refuse_delete before delete on public.withdrawals
  for each row execute function private.refuse_withdrawal_deletion();
create trigger refuse_truncate before truncate on public.withdrawals
  for each statement execute function private.refuse_withdrawal_deletion();
