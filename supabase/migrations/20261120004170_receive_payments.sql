-- What a payment provider tells. Anyone may call this, in nobody's name; only who shares the secret is believed, lately, and once an event.
create table public.payment_events (
  provider text not null,
  event_id text not null check (event_id ~ '^[!-~]{1,100}$'),
  content_hash bytea not null check (octet_length(content_hash) = 32),
  deposit_id uuid,
  -- As the provider said; null of what says nothing of money.
  asset text check (char_length(asset) <= 20),
  amount numeric check (amount >= 0 and amount <> 'NaN'),
  outcome text not null check (outcome in ('booked', 'repeated', 'mismatched', 'unclaimed', 'ignored')),
  received_at timestamptz not null default clock_timestamp(),
  primary key (provider, event_id)
);
alter table public.payment_events enable row level security;
revoke all on public.payment_events from anon, authenticated, service_role;
create trigger refuse_change before update or delete on public.payment_events
  for each row execute function private.refuse_deposit_deletion();
create trigger refuse_truncate before truncate on public.payment_events
  for each statement execute function private.refuse_deposit_deletion();

-- Money that came and is nobody's, or not what was asked for, waits until an administrator says whose it is, or that it went
-- back. A payment keeps what its provider said of it; what is decided about it can be taken back until it is done.
create table public.unmatched_payments (
  id uuid primary key default private.uuid_v7(),
  provider text not null,
  event_id text not null,
  -- The deposit that the provider named, ours or not.
  deposit_id uuid,
  outcome text not null check (outcome in ('mismatched', 'unclaimed')),
  asset text not null,
  amount numeric not null check (amount >= 0 and amount <> 'NaN'),
  received_at timestamptz not null default clock_timestamp(),
  status text not null default 'waiting' check (status in ('waiting', 'awaiting_approval', 'assigned', 'returned')),
  -- Rises with each decision: an approval names the one it means.
  revision integer not null default 0 check (revision >= 0),
  decision text check (decision in ('assign', 'return')),
  -- Whose it is. No foreign key: books outlive whom they name.
  user_id uuid check (user_id <> decided_by),
  -- What it was worth when it was decided about; null of what has no rate and goes back.
  eur numeric check (eur >= 0 and eur <> 'NaN'),
  note text check (char_length(note) between 1 and 200),
  decided_by uuid,
  decided_at timestamptz,
  -- Null for what needed nobody else.
  approved_by uuid check (approved_by <> decided_by and approved_by <> user_id),
  closed_at timestamptz,
  transfer_id uuid unique references public.ledger_transfers (id),
  unique (provider, event_id),
  foreign key (provider, event_id) references public.payment_events (provider, event_id),
  check ((status = 'waiting') = (decision is null)),
  check ((decision is null) = (decided_by is null) and (decided_by is null) = (decided_at is null)),
  check (coalesce(decision = 'assign', false) = (user_id is not null)),
  check ((status in ('assigned', 'returned')) = (closed_at is not null)),
  check ((status = 'assigned') = (transfer_id is not null)),
  check (status <> 'assigned' or decision = 'assign'),
  check (status <> 'returned' or decision = 'return'),
  check (status in ('assigned', 'returned') or approved_by is null)
);
create index unmatched_payments_status_idx on public.unmatched_payments (status, id);
create index unmatched_payments_user_id_idx on public.unmatched_payments (user_id) where user_id is not null;
create index unmatched_payments_decided_by_idx on public.unmatched_payments (decided_by, closed_at) where status = 'returned';
alter table public.unmatched_payments enable row level security;
revoke all on public.unmatched_payments from anon, authenticated, service_role;
create trigger refuse_delete before delete on public.unmatched_payments
  for each row execute function private.refuse_deposit_deletion();
create trigger refuse_truncate before truncate on public.unmatched_payments
  for each statement execute function private.refuse_deposit_deletion();

create function private.keep_unmatched_payment() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_context text;
begin
  get diagnostics v_context = pg_context;
  if tg_op = 'INSERT' then
    if private.by_hand(v_context) or new.status <> 'waiting' then
      raise insufficient_privilege using message = 'Payments are what their providers tell; see them at /admin/payments';
    end if;
    return new;
  end if;
  -- A table editor has no identity, so that nobody could tell who decided and who approved.
  if not private.is_admin() or old.status in ('assigned', 'returned')
    or (new.id, new.provider, new.event_id, new.deposit_id, new.outcome, new.asset, new.amount, new.received_at)
      is distinct from (old.id, old.provider, old.event_id, old.deposit_id, old.outcome, old.asset, old.amount, old.received_at)
    or (old.status = 'waiting' and new.decided_by is distinct from auth.uid())
    or (old.status = 'awaiting_approval' and new.status <> 'waiting' and (coalesce(new.approved_by, new.decided_by) is distinct from auth.uid()
      or (new.revision, new.decision, new.user_id, new.eur, new.note, new.decided_by, new.decided_at)
        is distinct from (old.revision, old.decision, old.user_id, old.eur, old.note, old.decided_by, old.decided_at))) then
    raise insufficient_privilege using message = 'What becomes of a payment is decided at /admin/payments, not in its table';
  end if;
  if new.status = 'assigned' and not exists (
    select 1 from public.ledger_transfers t
    where t.id = new.transfer_id and t.operation = 'deposit' and t.client_id = new.id) then
    raise exception 'An assigned payment has its own transfer' using errcode = 'check_violation';
  end if;
  return new;
end
$$;
create trigger keep_unmatched_payment before insert or update on public.unmatched_payments
  for each row execute function private.keep_unmatched_payment();

insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('payment_refused', 20, 0.05, 1, 1, 1, 'Payment messages refused and written down; those beyond are refused all the same');

create function private.refuse_payment(p_provider text, p_code text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- A value and not an exception: the attempt must stay in the log, which strangers must not be able to fill.
  if (private.take('payment_refused', 'provider') ->> 'allowed')::boolean then
    perform private.audit('payment.refused', 'payment_provider', left(p_provider, 32), jsonb_build_object('code', p_code));
  end if;
  return jsonb_build_object('ok', false, 'code', p_code);
end
$$;

create function private.book_deposit(p_provider text, p_event jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.deposits;
  v_transfer uuid;
begin
  if p_event ->> 'type' <> 'deposit.paid' then
    return 'ignored';
  end if;
  select * into v_row from public.deposits d
  where d.id = (p_event ->> 'deposit_id')::uuid and d.provider = p_provider for update;
  if not found then
    return 'unclaimed';
  elsif v_row.asset <> p_event ->> 'asset' or v_row.amount <> (p_event ->> 'amount')::numeric then
    return 'mismatched';
  elsif v_row.transfer_id is not null then
    return 'repeated';
  elsif not exists (select 1 from public.profiles p where p.id = v_row.user_id)
    or exists (select 1 from public.auth_jobs j where j.user_id = v_row.user_id and j.kind = 'delete_user' and j.status <> 'failed') then
    return 'unclaimed';
  end if;
  v_transfer := private.post_transfer('deposit', v_row.id,
    array[private.platform_account(v_row.asset, 'world'), private.ledger_account('user', v_row.user_id, v_row.asset, 'available')],
    array[-v_row.amount, v_row.amount], jsonb_build_object('deposit_id', v_row.id, 'provider', p_provider), p_actor => null);
  update public.deposits set paid_at = clock_timestamp(), transfer_id = v_transfer where id = v_row.id;
  perform private.notify_user(v_row.user_id, 'deposit_received', jsonb_build_object('deposit_id', v_row.id,
    'asset', v_row.asset, 'amount', trim_scale(v_row.amount)::text));
  return 'booked';
end
$$;

create function public.receive_payment(p_provider text, p_signature text, p_body text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_bytes_max constant integer := 65536;
  -- Whoever caught a message on its way cannot send it again for longer.
  v_age_max constant integer := 300;
  v_time text := substring(p_signature from '^t=([0-9]{1,12}),v1=[0-9a-f]{64}$');
  v_hash bytea := sha256(convert_to(p_body, 'UTF8'));
  v_event jsonb;
  v_known public.payment_events;
  v_outcome text;
begin
  if p_body is null or octet_length(p_body) > v_bytes_max then
    return private.refuse_payment(p_provider, 'body_too_large');
  elsif v_time is null
    -- Hashed once more, so that how long the comparison takes says nothing of where they differ.
    or sha256(convert_to(right(p_signature, 64), 'UTF8'))
      is distinct from sha256(convert_to(private.payment_hmac(p_provider, v_time || '.' || p_body), 'UTF8')) then
    return private.refuse_payment(p_provider, 'invalid_signature');
  elsif abs(extract(epoch from clock_timestamp()) - v_time::bigint) > v_age_max then
    return private.refuse_payment(p_provider, 'signature_expired');
  end if;
  -- From here on it is the provider who speaks.
  begin
    v_event := p_body::jsonb;
  exception
    when invalid_text_representation or untranslatable_character then
      return private.refuse_payment(p_provider, 'bad_request');
  end;
  if coalesce(v_event ->> 'id', '') !~ '^[!-~]{1,100}$' or coalesce(v_event ->> 'type', '') !~ '^[a-z_.]{1,60}$'
    or (v_event ->> 'type' = 'deposit.paid' and (
      coalesce(v_event ->> 'deposit_id', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      or v_event ->> 'asset' is null or coalesce(v_event ->> 'amount', '') !~ '^[0-9]{1,15}(\.[0-9]{1,18})?$')) then
    return private.refuse_payment(p_provider, 'bad_request');
  end if;
  -- Twins that arrive together wait here for each other.
  perform pg_advisory_xact_lock(hashtextextended(p_provider || ' ' || (v_event ->> 'id'), 3));
  select * into v_known from public.payment_events e where e.provider = p_provider and e.event_id = v_event ->> 'id';
  if found then
    if v_known.content_hash <> v_hash then
      return private.refuse_payment(p_provider, 'conflict');
    end if;
    v_outcome := v_known.outcome;
  else
    v_outcome := private.book_deposit(p_provider, v_event);
    insert into public.payment_events (provider, event_id, content_hash, deposit_id, asset, amount, outcome)
    select p_provider, v_event ->> 'id', v_hash, (m.event ->> 'deposit_id')::uuid, left(m.event ->> 'asset', 20),
      (m.event ->> 'amount')::numeric, v_outcome
    from (select case when v_event ->> 'type' = 'deposit.paid' then v_event else '{}' end as event) as m;
    perform private.audit('payment.' || v_outcome, 'deposit', v_event ->> 'deposit_id', jsonb_strip_nulls(jsonb_build_object(
      'provider', p_provider, 'event_id', v_event ->> 'id', 'asset', left(v_event ->> 'asset', 20), 'amount', v_event ->> 'amount')));
    -- Money came in that is nobody's, or not what was asked for: a person has to see to it.
    if v_outcome in ('mismatched', 'unclaimed') then
      insert into public.unmatched_payments (provider, event_id, deposit_id, outcome, asset, amount)
      select e.provider, e.event_id, e.deposit_id, e.outcome, e.asset, e.amount from public.payment_events e
      where e.provider = p_provider and e.event_id = v_event ->> 'id';
      perform private.notify_user(a.user_id, 'payment_unclaimed', jsonb_build_object('provider', p_provider,
        'event_id', v_event ->> 'id', 'asset', left(v_event ->> 'asset', 20), 'amount', v_event ->> 'amount'))
      from public.admins a;
    end if;
  end if;
  if v_outcome = 'mismatched' then
    return jsonb_build_object('ok', false, 'code', 'deposit_mismatch');
  end if;
  return jsonb_build_object('ok', true, 'event_id', v_event ->> 'id', 'outcome', v_outcome);
end
$$;
comment on function public.receive_payment(text, text, text) is
  'Takes a message {id, type: "deposit.paid", deposit_id, asset, amount} of a payment provider, signed "t=<Unix s>,v1=<HMAC-SHA256(secret, t.body)>" within five minutes, and books it once: {ok, event_id, outcome} or {ok: false, code} with invalid_signature, signature_expired, bad_request, conflict, deposit_mismatch.';
grant execute on function public.receive_payment(text, text, text) to anon;
