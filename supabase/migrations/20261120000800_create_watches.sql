-- Who looks at which market right now. Rows expire; the feed streams what they ask for.
create table public.watches (
  holder uuid not null,
  topic text not null check (char_length(topic) <= 255),
  timeframe text not null,
  user_id uuid references auth.users (id) on delete cascade,
  expires_at timestamptz not null,
  primary key (holder, topic)
);
create index watches_expires_at_idx on public.watches (expires_at);
create index watches_topic_idx on public.watches (topic, expires_at);
create index watches_user_id_idx on public.watches (user_id);
alter table public.watches enable row level security;
revoke all on public.watches from anon, authenticated, service_role;

create function public.watch(p_topics text[], p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- One page looks at a screenful of markets.
  v_topics_max constant integer := 50;
  -- A person's tabs together; whoever needs more is no person.
  v_user_rows_max constant integer := 500;
  -- Everyone without an account together, so that a flood of them cannot fill the table.
  v_anonymous_rows_max constant integer := 20000;
  -- Beyond that their topics are kept once for all of them: a flood must not keep the others from live candles.
  v_shared_holder constant uuid := '00000000-0000-0000-0000-000000000000';
  v_full boolean := false;
  v_user_id uuid := (select auth.uid());
  v_new text[];
begin
  if p_client_id is null or p_client_id = v_shared_holder
    or coalesce(cardinality(p_topics), 0) not between 1 and v_topics_max then
    raise sqlstate 'PT400' using message = 'bad_request', detail = format('watch() takes 1 to %s topics and a client id', v_topics_max);
  end if;
  if exists (
    select 1 from unnest(p_topics) as w(topic)
    left join public.symbols s
      on s.exchange = split_part(w.topic, ':', 2) and s.symbol = split_part(w.topic, ':', 3) and s.active
    where w.topic is null or s.symbol is null
      or w.topic <> format('market:%s:%s:%s', s.exchange, s.symbol, split_part(w.topic, ':', 4))
      or private.timeframe_ms(split_part(w.topic, ':', 4)) is null
  ) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'A topic names no listed symbol and timeframe';
  end if;

  select array_agg(w.topic) into v_new from (select distinct topic from unnest(p_topics) as w(topic)) as w
  where not exists (select 1 from public.watches x where x.topic = w.topic and x.expires_at > now());

  if v_user_id is not null then
    if (select count(*) from public.watches w where w.user_id = v_user_id and w.expires_at > now()
        and not (w.holder = p_client_id and w.topic = any(p_topics))) + cardinality(p_topics) > v_user_rows_max then
      raise sqlstate 'PT429' using message = 'watch_limit', detail = 'Too many markets are being watched';
    end if;
  else
    v_full := (select count(*) from (select 1 from public.watches w where w.user_id is null and w.expires_at > now()
      limit v_anonymous_rows_max) as c) >= v_anonymous_rows_max;
  end if;

  insert into public.watches (holder, topic, timeframe, user_id, expires_at)
  select
    case when v_full and not exists (
      select 1 from public.watches x where x.holder = p_client_id and x.topic = w.topic
    ) then v_shared_holder else p_client_id end,
    w.topic, split_part(w.topic, ':', 4), v_user_id, now() + interval '60 seconds'
  from (select distinct topic from unnest(p_topics) as w(topic)) as w
  order by w.topic
  on conflict (holder, topic) do update
    set expires_at = excluded.expires_at, user_id = coalesce(excluded.user_id, public.watches.user_id);

  if v_new is not null then
    perform realtime.send(jsonb_build_object('watches', to_jsonb(v_new)), 'wake', 'worker', true);
  end if;
  return jsonb_build_object('expires_in', 60, 'topics', to_jsonb(p_topics));
end
$$;
comment on function public.watch(text[], uuid) is
  'Says that p_client_id looks at these market topics for the next 60 seconds. Call it again every 30.';
grant execute on function public.watch(text[], uuid) to anon, authenticated;

create function public.unwatch(p_client_id uuid) returns void
language sql volatile security definer set search_path = ''
as $$
  -- Only the client that made the id knows it.
  delete from public.watches where holder = p_client_id and holder <> '00000000-0000-0000-0000-000000000000'
    and (user_id is null or user_id = (select auth.uid()));
$$;
comment on function public.unwatch(uuid) is 'Says that p_client_id looks at nothing any more.';
grant execute on function public.unwatch(uuid) to anon, authenticated;

create function public.active_watches(p_exchange text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  delete from public.watches where (holder, topic) in (
    select holder, topic from public.watches where expires_at <= now() limit 1000 for update skip locked);
  return (select coalesce(jsonb_agg(distinct w.topic), '[]') from public.watches w
    where w.expires_at > now() and split_part(w.topic, ':', 2) = p_exchange);
end
$$;
comment on function public.active_watches(text) is 'Topics of one exchange that somebody looks at; clears expired rows.';
grant execute on function public.active_watches(text) to service_role;

create function public.ws_stats() returns jsonb
language sql stable security definer set search_path = ''
as $$
  with live as (select holder, topic, timeframe from public.watches where expires_at > now()),
  counts as (
    select
      (select count(distinct holder) from live)::integer as sessions,
      (select count(*) from live)::integer as subscriptions,
      (select coalesce(jsonb_agg(t.timeframe order by private.timeframe_ms(t.timeframe)), '[]')
        from (select distinct timeframe from live) as t) as timeframes,
      (select coalesce(sum(f.sockets), 0) from public.feed_status f
        where f.updated_at > now() - interval '30 seconds' and f.state <> 'stopped')::integer as sockets
  ),
  compared as (select *, sessions * jsonb_array_length(timeframes) as traditional from counts)
  select jsonb_build_object(
    'activeSessions', sessions,
    'totalSubscriptions', subscriptions,
    'sharedWebSockets', sockets,
    'timeframes', timeframes,
    'efficiency', jsonb_build_object(
      'traditionalConnections', traditional,
      'sharedConnections', sockets,
      'savedConnections', greatest(traditional - sockets, 0),
      'savingsPercent', case when traditional > sockets
        then trim_scale(trunc(100.0 * (traditional - sockets) / traditional, 1))::text || '%' else '0%' end))
  from compared
$$;
comment on function public.ws_stats() is
  'How many exchange sockets the shared feed saves: one socket a session and timeframe is what clients would open on their own.';
grant execute on function public.ws_stats() to anon, authenticated, service_role;
