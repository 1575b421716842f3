-- Who tipped how much, and what a streamer earned.
create index stream_tips_to_user_at_idx on public.stream_tips (to_user, at);

create function public.leaderboard(p_stream_id uuid, p_limit integer default 10) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  perform private.require_rate('rooms_read');
  if p_limit is null or p_limit not between 1 and 100 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 100';
  end if;
  v_stream := private.require_room(p_stream_id, 'read');
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object('place', x.place, 'user_id', x.from_user, 'username', private.member_name(x.from_user),
      'amount', trim_scale(x.amount)::text, 'tips', x.tips) order by x.place), '[]')
    from (
      -- Of equal sums the earlier one leads.
      select t.from_user, sum(t.amount) as amount, count(*)::integer as tips,
        row_number() over (order by sum(t.amount) desc, max(t.id::text))::integer as place
      from public.stream_tips t
      where t.stream_id = p_stream_id and not exists (
        select 1 from public.stream_members m
        where m.streamer_id = v_stream.streamer_id and m.user_id = t.from_user
          and (m.banned_at is not null or (m.shadow_banned_at is not null and t.from_user is distinct from auth.uid())))
      group by t.from_user order by place limit p_limit) as x), 'next_cursor', null);
end
$$;
comment on function public.leaderboard(uuid, integer) is
  'Who tipped most in a room: {items: [{place, user_id, username, amount, tips}], next_cursor}. Raises not_found, banned, invalid_limit.';
grant execute on function public.leaderboard(uuid, integer) to anon, authenticated;

create function public.my_earnings(p_from timestamptz default null, p_to timestamptz default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_days_max constant integer := 366;
  v_streams_max constant integer := 200;
  v_user_id uuid := private.require_user();
  v_to timestamptz := coalesce(p_to, clock_timestamp());
  v_from timestamptz := coalesce(p_from, v_to - interval '30 days');
begin
  perform private.require_rate('wallet_read');
  if v_from >= v_to or not isfinite(v_from) or not isfinite(v_to) or v_to - v_from > make_interval(days => v_days_max) then
    raise sqlstate 'PT400' using message = 'invalid_range', detail = format('Ask for %s days at most, the first one first', v_days_max);
  end if;
  return (
    with tips as (
      select t.*, (t.at at time zone 'utc')::date as day from public.stream_tips t
      where t.to_user = v_user_id and t.at >= v_from and t.at < v_to
    )
    select jsonb_build_object(
      'from', v_from, 'to', v_to, 'currency', 'EUR',
      'total', (select jsonb_build_object('amount', trim_scale(coalesce(sum(t.amount), 0))::text,
          'fee', trim_scale(coalesce(sum(t.fee), 0))::text, 'net', trim_scale(coalesce(sum(t.amount - t.fee), 0))::text,
          'tips', count(*)::integer) from tips t),
      'days', (
        select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'amount', trim_scale(d.amount)::text, 'fee', trim_scale(d.fee)::text,
          'net', trim_scale(d.amount - d.fee)::text, 'tips', d.tips) order by d.day), '[]')
        from (select t.day, sum(t.amount) as amount, sum(t.fee) as fee, count(*)::integer as tips from tips t group by t.day) as d),
      -- The last rooms; those before are in their days.
      'streams', (
        select coalesce(jsonb_agg(jsonb_build_object('stream_id', x.stream_id, 'title', s.title, 'started_at', s.started_at,
          'amount', trim_scale(x.amount)::text, 'fee', trim_scale(x.fee)::text, 'net', trim_scale(x.amount - x.fee)::text,
          'tips', x.tips) order by x.stream_id desc), '[]')
        from (
          select t.stream_id, sum(t.amount) as amount, sum(t.fee) as fee, count(*)::integer as tips
          from tips t group by t.stream_id order by t.stream_id desc limit v_streams_max) as x
        left join public.streams s on s.id = x.stream_id)));
end
$$;
comment on function public.my_earnings(timestamptz, timestamptz) is
  'What the caller earned by tips, in the last 30 days or in a range of up to 366: {from, to, currency, total: {amount, fee, net, tips}, days: [{day (UTC), amount, fee, net, tips}], streams: [{stream_id, title, started_at, amount, fee, net, tips}]}. Raises invalid_range.';
grant execute on function public.my_earnings(timestamptz, timestamptz) to authenticated;
