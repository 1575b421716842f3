-- The schema of Realtime, as hosted Supabase has it. Idempotent; runs as the superuser on PostgreSQL 18
-- (uuidv7), after the roles anon, authenticated and service_role exist and before the product's migrations,
-- which bring the policies on realtime.messages.
create schema if not exists realtime;
grant usage on schema realtime to anon, authenticated, service_role;

create table if not exists realtime.messages (
  -- Time-ordered, so that messages of one transaction keep their order.
  id uuid not null default uuidv7(),
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  inserted_at timestamp without time zone not null default (now() at time zone 'utc'),
  updated_at timestamp without time zone not null default (now() at time zone 'utc'),
  binary_payload bytea,
  -- The inserting top-level transaction: the server reads what committed since its last snapshot by it.
  xact xid8 not null default pg_current_xact_id(),
  primary key (id, inserted_at)
) partition by range (inserted_at);
comment on table realtime.messages is
  'Messages to broadcast, kept 72 hours. Its policies decide who may read and write a private channel.';
create index if not exists messages_xact_idx on realtime.messages (xact);
create index if not exists messages_topic_inserted_at_idx on realtime.messages (topic, inserted_at desc);
alter table realtime.messages enable row level security;
revoke all on realtime.messages from anon, authenticated;
grant select, insert on realtime.messages to anon, authenticated;
grant all on realtime.messages to service_role;

-- Sees to it that nobody chooses a message's transaction, and wakes the server when it commits. Equal
-- notifications of one transaction are one, so a bulk insert wakes it once.
create or replace function realtime.on_message_insert() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.xact := pg_current_xact_id();
  if new.extension = 'broadcast' then
    perform pg_notify('realtime_messages', '');
  end if;
  return new;
end
$$;
create or replace trigger on_insert before insert on realtime.messages
  for each row execute function realtime.on_message_insert();

-- Daily partitions (UTC), made three days ahead, dropped once all they hold is older than 72 hours.
create or replace function realtime.maintain_partitions() returns void
language plpgsql set search_path = ''
as $$
declare
  v_today date := (now() at time zone 'utc')::date;
  v_day date;
  v_name text;
begin
  -- Both need a lock nobody may hold long: better to try again next hour than to queue every insert behind us.
  perform set_config('lock_timeout', '2s', true);
  for v_day in select v_today + i from generate_series(-1, 3) as i loop
    v_name := 'messages_' || to_char(v_day, 'YYYY_MM_DD');
    if to_regclass(format('realtime.%I', v_name)) is null then
      execute format('create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
        v_name, v_day::timestamp, (v_day + 1)::timestamp);
      execute format('alter table realtime.%I enable row level security', v_name);
    end if;
  end loop;
  for v_name in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'realtime.messages'::regclass and c.relname ~ '^messages_\d{4}_\d{2}_\d{2}$'
      and to_date(substr(c.relname, 10), 'YYYY_MM_DD') + 1 <= (now() at time zone 'utc') - interval '72 hours'
  loop
    execute format('drop table realtime.%I', v_name);
  end loop;
end
$$;
revoke execute on function realtime.maintain_partitions() from public, anon, authenticated;
select realtime.maintain_partitions();

-- The topic a policy is asked about.
create or replace function realtime.topic() returns text
language sql stable
as $$
  select nullif(current_setting('realtime.topic', true), '')::text;
$$;
grant execute on function realtime.topic() to anon, authenticated, service_role;

-- Stores a message for delivery once the transaction commits. Runs as its caller, so policies hold, and
-- never fails the caller's transaction: a failure becomes a warning.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql
as $$
declare
  generated_id uuid := uuidv7();
  final_payload jsonb;
begin
  begin
    final_payload := case when payload ? 'id' then payload
      else jsonb_set(payload, '{id}', to_jsonb(generated_id)) end;
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (generated_id, final_payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

create or replace function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
returns void language plpgsql
as $$
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (binary_payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

-- For triggers: tells a private topic which row changed.
create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void language plpgsql
as $$
declare
  row_data jsonb := '{}'::jsonb;
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if operation = 'INSERT' or operation = 'UPDATE' or operation = 'DELETE' then
    row_data := jsonb_build_object('old_record', old, 'record', new, 'operation', operation,
      'table', table_name, 'schema', table_schema);
    perform realtime.send(row_data, event_name, topic_name);
  else
    raise exception 'Unexpected operation type: %', operation;
  end if;
exception when others then
  raise exception 'Failed to process the row: %', sqlerrm;
end
$$;
grant execute on function realtime.send(jsonb, text, text, boolean),
  realtime.send_binary(bytea, text, text, boolean),
  realtime.broadcast_changes(text, text, text, text, text, record, record, text)
  to anon, authenticated, service_role;

-- Ours, hosted Realtime has no such thing: asks the server to check a topic's subscribers again at once and
-- to cut those who may no longer read. '*' means every private topic. Takes effect when the caller commits.
create or replace function realtime.reauthorize(topic text) returns void
language sql volatile set search_path = ''
as $$
  select pg_notify('realtime_reauthorize', topic);
$$;
comment on function realtime.reauthorize(text) is
  'Checks the permissions of a private topic''s subscribers again (''*'': of all) and cuts those who lost it.';
revoke execute on function realtime.reauthorize(text) from public, anon, authenticated;
grant execute on function realtime.reauthorize(text) to service_role;

-- The same for one user: of a crowd the others need not be asked for.
create or replace function realtime.reauthorize_user(topic text, user_id uuid) returns void
language sql volatile set search_path = ''
as $$
  select pg_notify('realtime_reauthorize_user', user_id::text || ' ' || topic);
$$;
comment on function realtime.reauthorize_user(text, uuid) is
  'Checks the permission of one user''s subscriptions to a private topic again and cuts them when it is lost.';
revoke execute on function realtime.reauthorize_user(text, uuid) from public, anon, authenticated;
grant execute on function realtime.reauthorize_user(text, uuid) to service_role;

-- For postgres_changes: which rows of a table each identity may see now. `query` finds the positions of the visible
-- ones among the keys given as jsonb; `checks` is [{role, claims, sub, keys}]. A policy that raises an error fails its
-- own identity alone. The stream tells of a commit a moment before others see it: `xids` are awaited first.
create or replace function realtime.check_visibility(query text, checks jsonb, xids jsonb)
returns table (place integer, visible integer[], failed boolean)
language plpgsql
as $$
declare
  v_check jsonb;
  v_deadline timestamptz := clock_timestamp() + interval '2 seconds';
begin
  -- The stream has 32 bits of a transaction's number: the one nearest to the next number is meant.
  while clock_timestamp() < v_deadline and not (
    select coalesce(bool_and(pg_visible_in_snapshot((n.ahead - ((n.ahead - x.xid) & 4294967295))::text::xid8, n.now)), true)
    from (select s.now, pg_snapshot_xmax(s.now)::text::bigint + 2147483648 as ahead
      from (select pg_current_snapshot() as now) s) n
    cross join (select value::bigint as xid from jsonb_array_elements_text(xids)) x
  ) loop
    perform pg_sleep(0.001);
  end loop;
  for i in 0 .. jsonb_array_length(checks) - 1 loop
    v_check := checks -> i;
    place := i;
    visible := null;
    failed := false;
    begin
      perform set_config('role', v_check ->> 'role', true),
        set_config('request.jwt.claims', v_check ->> 'claims', true),
        set_config('request.jwt.claim.sub', v_check ->> 'sub', true),
        set_config('request.jwt.claim.role', v_check ->> 'role', true);
      execute query into visible using v_check -> 'keys';
      perform set_config('role', 'none', true);
    exception when others then
      failed := true;
    end;
    return next;
  end loop;
end
$$;
revoke execute on function realtime.check_visibility(text, jsonb, jsonb)
  from public, anon, authenticated, service_role;

do $$
begin
  if not exists (select 1 from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end
$$;
