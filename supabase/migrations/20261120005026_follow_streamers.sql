-- Who follows whom.
create function public.follow(p_user_id uuid, p_follow boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_follows_max constant integer := 2000;
  v_user_id uuid := private.require_user();
begin
  perform private.require_rate('rooms_write');
  if p_follow is null or p_user_id is not distinct from v_user_id then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Follow somebody else, or not';
  elsif not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  elsif not p_follow then
    delete from public.stream_follows f where f.streamer_id = p_user_id and f.follower_id = v_user_id;
  elsif private.is_banned(p_user_id) then
    raise sqlstate 'PT403' using message = 'banned', detail = 'The streamer has banned you';
  elsif (select count(*) from public.stream_follows f where f.follower_id = v_user_id and f.streamer_id <> p_user_id) >= v_follows_max then
    raise sqlstate 'PT409' using message = 'follow_limit', detail = format('You follow %s already', v_follows_max);
  else
    insert into public.stream_follows (streamer_id, follower_id) values (p_user_id, v_user_id) on conflict do nothing;
  end if;
  return jsonb_build_object('following', p_follow,
    'followers', (select p.followers from public.profiles p where p.id = p_user_id));
end
$$;
comment on function public.follow(uuid, boolean) is
  'Follows somebody, or no longer: {following, followers}; doing it twice changes nothing. Raises not_found, bad_request for oneself, banned, follow_limit.';
grant execute on function public.follow(uuid, boolean) to authenticated;

create function public.my_follows(p_limit integer default 50, p_cursor text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('rooms_read');
  perform private.check_page(p_limit, p_cursor);
  with page as (
    select f.streamer_id, f.followed_at, row_number() over (order by f.followed_at desc, f.streamer_id desc) as place
    from public.stream_follows f
    where f.follower_id = v_user_id and (p_cursor is null or (f.followed_at, f.streamer_id) < (
      select c.followed_at, c.streamer_id from public.stream_follows c
      where c.streamer_id = p_cursor::uuid and c.follower_id = v_user_id))
    order by f.followed_at desc, f.streamer_id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'user_id', g.streamer_id, 'username', p.username, 'followers', p.followers, 'followed_at', g.followed_at,
      'live_stream_id', (
        select s.id from public.streams s where s.streamer_id = g.streamer_id and s.status = 'live' and private.can_see_room(s)))
      order by g.place) filter (where g.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page g join public.profiles p on p.id = g.streamer_id;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'user_id' end);
end
$$;
comment on function public.my_follows(integer, text) is
  'Whom the caller follows, the newest first: {items: [{user_id, username, followers, followed_at, live_stream_id}], next_cursor}.';
grant execute on function public.my_follows(integer, text) to authenticated;
