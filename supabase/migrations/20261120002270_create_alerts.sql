-- What a user wants to be told: a price or an indicator that passes a value.
create table public.alerts (
  id uuid primary key default private.uuid_v7(),
  user_id uuid not null references auth.users (id) on delete cascade,
  exchange text not null,
  symbol text not null,
  -- Null watches the price itself, at every tick; else the value at each close of this timeframe.
  timeframe text check (timeframe is null or private.timeframe_ms(timeframe) is not null),
  -- An indicator's value: rsi(14), macd(12,26,9).signal. Null is the price.
  indicator text check (indicator ~ '^[a-z]{1,20}\([0-9.,]{0,60}\)(\.[a-z_]{1,30})?$' and char_length(indicator) <= 80),
  condition text not null check (condition in ('above', 'below', 'crosses_above', 'crosses_below')),
  value numeric not null check (abs(value) < 1e15 and scale(value) <= 18),
  note text not null default '' check (char_length(note) <= 200),
  -- A repeating one rests this long after it fired; null fires once.
  repeat_after_s integer check (repeat_after_s between 60 and 604800),
  state text not null default 'active' check (state in ('active', 'paused', 'fired')),
  fired_at timestamptz,
  fired_value numeric,
  fired_count integer not null default 0 check (fired_count >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (exchange, symbol) references public.symbols (exchange, symbol),
  check (indicator is null or timeframe is not null)
);
create index alerts_user_id_idx on public.alerts (user_id, id desc);
create index alerts_exchange_idx on public.alerts (exchange, symbol) where state = 'active';
alter table public.alerts enable row level security;
revoke all on public.alerts from anon, authenticated, service_role;

create function private.alert_json(p_alert public.alerts) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_alert.id, 'exchange', p_alert.exchange, 'symbol', p_alert.symbol, 'timeframe', p_alert.timeframe,
    'indicator', p_alert.indicator, 'condition', p_alert.condition,
    'value', trim_scale(p_alert.value)::text, 'note', p_alert.note, 'repeat_after_s', p_alert.repeat_after_s,
    'state', p_alert.state, 'fired_at', p_alert.fired_at, 'fired_value', trim_scale(p_alert.fired_value)::text,
    'fired_count', p_alert.fired_count, 'created_at', p_alert.created_at)
$$;

insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('alert_change', 60, 1, 1, 1, 1, 'Creating, changing and deleting alerts');

create function public.create_alert(
  p_client_id uuid, p_exchange text, p_symbol text, p_condition text, p_value text,
  p_timeframe text default null, p_indicator text default null,
  p_note text default '', p_repeat_after_s integer default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Every alert is looked at with every tick of its symbol.
  v_alerts_max constant integer := 100;
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_array(p_exchange, p_symbol, p_condition, p_value, p_timeframe, p_indicator,
    p_note, p_repeat_after_s);
  v_answer jsonb := private.answered('create_alert', p_client_id, v_content);
  v_alert public.alerts;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('alert_change');
  if not exists (select 1 from public.symbols s where s.exchange = p_exchange and s.symbol = p_symbol and s.active) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such symbol on that exchange';
  elsif p_value is null or p_value !~ '^-?[0-9]{1,15}(\.[0-9]{1,18})?$' then
    raise sqlstate 'PT400' using message = 'invalid_alert', detail = 'The value is a decimal number';
  elsif p_indicator is null and p_value::numeric <= 0 then
    raise sqlstate 'PT400' using message = 'invalid_alert', detail = 'A price is above zero';
  end if;
  -- Two at once must not both take the last place.
  perform pg_advisory_xact_lock(hashtextextended('alerts' || v_user_id::text, 0));
  if (select count(*) from public.alerts a where a.user_id = v_user_id) >= v_alerts_max then
    raise sqlstate 'PT409' using message = 'alert_limit', detail = format('You can have %s alerts: delete one first', v_alerts_max);
  end if;
  begin
    insert into public.alerts
      (user_id, exchange, symbol, timeframe, indicator, condition, value, note, repeat_after_s)
    values (v_user_id, p_exchange, p_symbol, p_timeframe, p_indicator, p_condition, p_value::numeric,
      coalesce(p_note, ''), p_repeat_after_s)
    returning * into v_alert;
  exception
    when check_violation or not_null_violation then
      raise sqlstate 'PT400' using message = 'invalid_alert',
        detail = 'An alert is above, below, crosses_above or crosses_below; an indicator needs a timeframe; it repeats after 60 to 604,800 s';
  end;
  perform realtime.send(jsonb_build_object('alerts', p_exchange), 'wake', 'worker', true);
  return private.remember('create_alert', p_client_id, v_content, private.alert_json(v_alert));
end
$$;
comment on function public.create_alert(uuid, text, text, text, text, text, text, text, integer) is
  'Makes an alert on a symbol''s price, or on an indicator''s value at each close of a timeframe; returns it.';
grant execute on function public.create_alert(uuid, text, text, text, text, text, text, text, integer) to authenticated;

create function public.set_alert_state(p_id uuid, p_state text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_alert public.alerts;
begin
  perform private.require_rate('alert_change');
  if p_state is null or p_state not in ('active', 'paused') then
    raise sqlstate 'PT400' using message = 'invalid_alert', detail = 'An alert is set active or paused';
  end if;
  update public.alerts a set state = p_state, updated_at = now()
  where a.id = p_id and a.user_id = v_user_id returning * into v_alert;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such alert';
  end if;
  perform realtime.send(jsonb_build_object('alerts', v_alert.exchange), 'wake', 'worker', true);
  return private.alert_json(v_alert);
end
$$;
comment on function public.set_alert_state(uuid, text) is 'Pauses one of the caller''s alerts, or sets it active (again); returns it.';
grant execute on function public.set_alert_state(uuid, text) to authenticated;

create function public.delete_alert(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  perform private.require_rate('alert_change');
  delete from public.alerts a where a.id = p_id and a.user_id = v_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such alert';
  end if;
  return true;
end
$$;
comment on function public.delete_alert(uuid) is 'Deletes one of the caller''s alerts.';
grant execute on function public.delete_alert(uuid) to authenticated;

create function public.alerts_page(p_exchange text default null, p_symbol text default null) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  return jsonb_build_object('items', (
    -- A user has 100 at most.
    select coalesce(jsonb_agg(private.alert_json(a) order by a.id desc), '[]') from public.alerts a
    where a.user_id = v_user_id and (p_exchange is null or a.exchange = p_exchange)
      and (p_symbol is null or a.symbol = p_symbol)), 'next_cursor', null);
end
$$;
comment on function public.alerts_page(text, text) is 'The caller''s alerts, newest first: {items, next_cursor}.';
grant execute on function public.alerts_page(text, text) to authenticated;

create function public.active_alerts(p_exchange text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', a.id, 'symbol', a.symbol, 'timeframe', a.timeframe, 'indicator', a.indicator,
    'condition', a.condition, 'value', trim_scale(a.value)::text,
    'resting_until', a.fired_at + make_interval(secs => a.repeat_after_s)) order by a.id), '[]')
  -- What one feed looks at; the oldest alerts win.
  from (select * from public.alerts x where x.exchange = p_exchange and x.state = 'active' order by x.id limit 20000) as a
$$;
comment on function public.active_alerts(text) is 'Alerts of one exchange that wait for their condition.';
grant execute on function public.active_alerts(text) to service_role;

create function public.fire_alerts(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_alert record;
  v_count integer := 0;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  for v_alert in
    update public.alerts a
    set state = case when a.repeat_after_s is null then 'fired' else a.state end,
        fired_at = now(), fired_value = r.value, fired_count = a.fired_count + 1, updated_at = now()
    from jsonb_to_recordset(p_rows) as r(id uuid, value numeric, at_ms bigint)
    -- A second telling of the same event changes nothing: it is fired, or it rests.
    where a.id = r.id and a.exchange = p_exchange and a.state = 'active'
      and (a.fired_at is null or a.repeat_after_s is null or a.fired_at + make_interval(secs => a.repeat_after_s) <= now())
    returning a.*, r.at_ms
  loop
    perform private.notify_user(v_alert.user_id, 'alert', jsonb_build_object(
      'alert_id', v_alert.id, 'exchange', v_alert.exchange, 'symbol', v_alert.symbol, 'timeframe', v_alert.timeframe,
      'indicator', v_alert.indicator, 'condition', v_alert.condition,
      'value', trim_scale(v_alert.value)::text, 'fired_value', trim_scale(v_alert.fired_value)::text,
      'note', v_alert.note, 'at', private.from_unix_ms(v_alert.at_ms)));
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function public.fire_alerts(text, integer, jsonb) is
  'Fires alerts {id,value,at_ms} whose condition has come true under the lease feed:<exchange>, and tells their owners; returns how many fired.';
grant execute on function public.fire_alerts(text, integer, jsonb) to service_role;
