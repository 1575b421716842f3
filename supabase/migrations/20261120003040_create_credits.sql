-- Money an administrator books to a user's wallet: who asked for it, who approved it, and the transfer it became.
create table public.credits (
  id uuid primary key default private.uuid_v7(),
  -- No foreign keys to people: books outlive whom they name.
  user_id uuid not null,
  asset text not null references public.assets (asset),
  amount numeric not null check (amount > 0 and amount <> 'NaN'),
  -- What it was worth in EUR when it was asked for.
  eur numeric not null check (eur >= 0 and eur <> 'NaN'),
  -- The user reads it.
  reason text check (char_length(reason) between 1 and 200),
  status text not null check (status in ('awaiting_approval', 'posted')),
  requested_by uuid not null check (requested_by <> user_id),
  requested_at timestamptz not null default clock_timestamp(),
  -- Null for what needed nobody else.
  approved_by uuid check (approved_by <> requested_by and approved_by <> user_id),
  transfer_id uuid unique references public.ledger_transfers (id),
  posted_at timestamptz,
  check ((status = 'posted') = (transfer_id is not null)),
  check ((status = 'posted') = (posted_at is not null)),
  check (status = 'posted' or approved_by is null)
);
create index credits_user_idx on public.credits (user_id, (coalesce(posted_at, requested_at)));
create index credits_status_idx on public.credits (status, id);
alter table public.credits enable row level security;
revoke all on public.credits from anon, authenticated, service_role;

create function private.keep_credit() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- A table editor has no identity, so that nobody could tell who asked, who approved and who did not.
  if not private.is_admin() or (tg_op = 'INSERT' and new.requested_by is distinct from auth.uid())
    or (tg_op = 'UPDATE' and coalesce(new.closed_by, new.approved_by) is distinct from auth.uid()) then
    raise insufficient_privilege using message = 'Credits are asked for and approved at /admin, not in their table';
  end if;
  if tg_op = 'UPDATE' and (old.status <> 'awaiting_approval' or new.status = 'awaiting_approval'
    or (new.id, new.user_id, new.asset, new.amount, new.eur, new.reason, new.requested_by, new.requested_at)
      is distinct from (old.id, old.user_id, old.asset, old.amount, old.eur, old.reason, old.requested_by, old.requested_at)) then
    raise insufficient_privilege using message = 'A credit changes only by its approval or refusal at /admin';
  end if;
  if new.status = 'posted' and not exists (
    select 1 from public.ledger_transfers t
    where t.id = new.transfer_id and t.operation = 'credit' and t.client_id = new.id) then
    raise exception 'A posted credit has its own transfer' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger keep_credit before insert or update on public.credits
  for each row execute function private.keep_credit();

create function private.refuse_credit_deletion() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'Credits stay in the books; see them at /admin/credits';
end
$$;
create trigger refuse_delete before delete on public.credits
  for each row execute function private.refuse_credit_deletion();
create trigger refuse_truncate before truncate on public.credits
  for each statement execute function private.refuse_credit_deletion();
