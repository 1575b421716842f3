-- The worker looks at the markets that pools hold, as a page looks at the one it shows: else nobody may stream their prices.
create function public.watch_for_pools(p_token integer, p_holder uuid, p_topics text[]) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- As many as there are pools.
  v_topics_max constant integer := 1000;
  v_topics text[];
  v_new text[];
begin
  perform private.require_lease('pools', p_token);
  if p_holder is null or coalesce(cardinality(p_topics), 0) not between 1 and v_topics_max then
    raise sqlstate 'PT400' using message = 'bad_request', detail = format('The worker watches 1 to %s topics', v_topics_max);
  end if;
  -- What is not listed any more fails the pool that holds it, not the others.
  select array_agg(format('market:%s:%s:%s', s.exchange, s.symbol, x.timeframe) order by s.exchange, s.symbol, x.timeframe) into v_topics
  from (
    select distinct split_part(t, ':', 2) as exchange, split_part(t, ':', 3) as symbol, split_part(t, ':', 4) as timeframe
    from unnest(p_topics) as t where t like 'market:%') as x
  join public.symbols s on s.exchange = x.exchange and s.symbol = x.symbol and s.active
  where private.timeframe_ms(x.timeframe) is not null;
  select array_agg(t) into v_new from unnest(v_topics) as t
  where not exists (select 1 from public.watches w where w.topic = t and w.expires_at > now());
  insert into public.watches as w (holder, topic, timeframe, expires_at)
  select p_holder, t, split_part(t, ':', 4), now() + interval '60 seconds' from unnest(v_topics) as t
  on conflict (holder, topic) do update set expires_at = excluded.expires_at where w.user_id is null;
  if v_new is not null then
    perform realtime.send(jsonb_build_object('watches', to_jsonb(v_new)), 'wake', 'worker', true);
  end if;
  return jsonb_build_object('expires_in', 60, 'topics', coalesce(to_jsonb(v_topics), '[]'));
end
$$;
comment on function public.watch_for_pools(integer, uuid, text[]) is
  'Keeps the listed ones of these markets streamed for the next 60 seconds, under the lease pools: {expires_in, topics}. Raises stale_lease, bad_request.';
grant execute on function public.watch_for_pools(integer, uuid, text[]) to service_role;
