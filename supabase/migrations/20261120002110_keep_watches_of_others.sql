-- A client id is a secret of its page, not a proof: whoever learns a user's must not take over, or prolong, what that
-- user watches. The market is watched all the same, by the row that is there. The rest is as it was.
create or replace function private.watch(p_topics text[], p_client_id uuid) returns jsonb
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
    set expires_at = excluded.expires_at, user_id = excluded.user_id
    where public.watches.user_id is null or public.watches.user_id = excluded.user_id
      or public.watches.expires_at <= now();

  if v_new is not null then
    perform realtime.send(jsonb_build_object('watches', to_jsonb(v_new)), 'wake', 'worker', true);
  end if;
  return jsonb_build_object('expires_in', 60, 'topics', to_jsonb(p_topics));
end
$$;
