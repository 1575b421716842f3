-- What happened, by whom, to what. Rows land unsealed, so that no writer waits for another; a leased sealer chains
-- them. Partitions live in schema private: they are nobody's API, and their names change with the calendar.
create table public.audit_log (
  id uuid not null default private.uuid_v7(),
  at timestamptz not null default clock_timestamp(),
  actor uuid,
  actor_role text not null check (char_length(actor_role) between 1 and 63),
  session_id uuid,
  action text not null check (action ~ '^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$'),
  subject_type text not null check (char_length(subject_type) between 1 and 63),
  subject_id text check (char_length(subject_id) <= 200),
  detail jsonb not null default '{}' check (jsonb_typeof(detail) = 'object' and pg_column_size(detail) <= 16384),
  request_id text check (char_length(request_id) <= 100),
  -- A keyed hash of the client's address, never the address itself.
  address text check (address ~ '^[0-9a-f]{16}$'),
  seq bigint,
  prev_hash bytea,
  hash bytea,
  primary key (id, at),
  check (num_nulls(seq, prev_hash, hash) in (0, 3))
) partition by range (at);
create index audit_log_seq_idx on public.audit_log (seq) where seq is not null;
create index audit_log_unsealed_idx on public.audit_log (at, id) where seq is null;
create index audit_log_at_idx on public.audit_log (at, id);
create index audit_log_actor_idx on public.audit_log (actor, at, id) where actor is not null;
create index audit_log_subject_idx on public.audit_log (subject_id, at, id) where subject_id is not null;
alter table public.audit_log enable row level security;
revoke all on public.audit_log from anon, authenticated, service_role;

create function private.refuse_audit_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise sqlstate 'PT403' using message = 'forbidden', detail = 'The audit log is only ever added to';
end
$$;
create trigger refuse_delete before delete on public.audit_log
  for each row execute function private.refuse_audit_change();
create trigger refuse_truncate before truncate on public.audit_log
  for each statement execute function private.refuse_audit_change();

create function private.refuse_sealed_insert() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise sqlstate 'PT403' using message = 'forbidden', detail = 'Audit rows land unsealed';
end
$$;
create trigger refuse_sealed_insert before insert on public.audit_log
  for each row when (new.seq is not null or new.hash is not null) execute function private.refuse_sealed_insert();

create function private.create_audit_partition(p_month date) returns boolean
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_month timestamp := date_trunc('month', p_month::timestamp);
  v_name text := 'audit_log_' || to_char(v_month, 'YYYY_MM');
begin
  -- Two who find it missing at once must not both make it.
  perform pg_advisory_xact_lock(7268002);
  if to_regclass('private.' || v_name) is not null then
    return false;
  end if;
  -- Made apart and attached: "create … partition of" would wait for every open writer, and all others behind it.
  execute format('create table private.%I (like public.audit_log including defaults including constraints)', v_name);
  execute format('alter table private.%I enable row level security', v_name);
  -- The parent's truncate trigger does not reach a partition that is truncated by its own name.
  execute format('create trigger refuse_truncate before truncate on private.%I
    for each statement execute function private.refuse_audit_change()', v_name);
  execute format('alter table public.audit_log attach partition private.%I for values from (%L) to (%L)',
    v_name, v_month at time zone 'utc', (v_month + interval '1 month') at time zone 'utc');
  return true;
end
$$;
comment on function private.create_audit_partition(date) is
  'Makes the audit log''s partition for the month (UTC) of a day; false when it is there already.';

create function public.ensure_audit_partitions() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_months_ahead constant integer := 6;
  v_made integer := 0;
begin
  for i in -1 .. v_months_ahead loop
    if private.create_audit_partition(((now() at time zone 'utc') + make_interval(months => i))::date) then
      v_made := v_made + 1;
    end if;
  end loop;
  return v_made;
end
$$;
comment on function public.ensure_audit_partitions() is
  'Makes the audit log''s partitions six months ahead; returns how many were missing.';
grant execute on function public.ensure_audit_partitions() to service_role;
select public.ensure_audit_partitions();

create function private.request_header(p_name text) returns text
language sql stable set search_path = ''
as $$ select nullif(current_setting('request.headers', true), '')::jsonb ->> p_name $$;
comment on function private.request_header(text) is
  'A header of the REST request under way, its name in lower case; null elsewhere. Anyone can send any header.';

create function private.write_audit(
  p_actor uuid, p_actor_role text, p_session_id uuid,
  p_action text, p_subject_type text, p_subject_id text, p_detail jsonb, p_address text)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Serves to explain an action, not to keep documents.
  v_detail_chars_max constant integer := 8000;
  v_at timestamptz := clock_timestamp();
  v_detail jsonb := coalesce(p_detail, '{}');
  v_request_id text := coalesce(private.request_header('x-request-id'), private.request_header('sb-request-id'));
begin
  if jsonb_typeof(v_detail) <> 'object' then
    v_detail := jsonb_build_object('value', v_detail);
  end if;
  if char_length(v_detail::text) > v_detail_chars_max then
    v_detail := jsonb_build_object('cut', left(v_detail::text, v_detail_chars_max / 4));
  end if;
  -- No worker has run for half a year then: that must keep nobody from signing in.
  if to_regclass('private.audit_log_' || to_char(v_at at time zone 'utc', 'YYYY_MM')) is null then
    perform private.create_audit_partition((v_at at time zone 'utc')::date);
  end if;
  insert into public.audit_log
    (at, actor, actor_role, session_id, action, subject_type, subject_id, detail, request_id, address)
  values (v_at, p_actor, p_actor_role, p_session_id, p_action, p_subject_type, left(p_subject_id, 200), v_detail,
    substring(v_request_id from '^[A-Za-z0-9._-]{1,100}$'), p_address);
end
$$;
comment on function private.write_audit(uuid, text, uuid, text, text, text, jsonb, text) is
  'Adds an unsealed row to the audit log on behalf of an actor the caller names; private.audit() takes it from the request.';

create function private.caller_role() returns text
language sql stable set search_path = ''
as $$ select coalesce(nullif(auth.role(), ''), session_user::text) $$;
comment on function private.caller_role() is 'The role in the caller''s token; where there is none, who is connected.';

create function private.caller_session() returns uuid
language sql stable set search_path = ''
as $$
  -- A token without one, or with another kind of one, must not fail what is being written down.
  select substring(auth.jwt() ->> 'session_id' from '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$')::uuid
$$;
comment on function private.caller_session() is 'The session in the caller''s token, or null.';

create function private.audit(p_action text, p_subject_type text, p_subject_id text, p_detail jsonb default '{}')
returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.write_audit(auth.uid(), private.caller_role(),
    private.caller_session(), p_action, p_subject_type, p_subject_id, p_detail, private.caller_address());
end
$$;
comment on function private.audit(text, text, text, jsonb) is
  'Writes to the audit log, within the caller''s transaction: an action "thing.happened", what it happened to, and a small object that says how. For security definer functions alone; nothing secret belongs into the detail.';
