-- Who watches just now, by name for people who are signed in themselves; whoever has no account is a number to everybody.
create function public.room_viewers(p_stream_id uuid, p_limit integer default 100) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A page asks every few seconds while its list is open, and a large room's rows are read each time.
  v_cost constant numeric := 5;
  v_viewer uuid := private.live_user();
  v_stream public.streams;
  v_moderates boolean;
begin
  perform private.require_rate('rooms_read', p_cost => v_cost);
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  end if;
  v_stream := private.require_room(p_stream_id, 'read');
  v_moderates := private.is_moderator(v_stream.streamer_id, v_viewer);
  return (
    with tabs as (
      select w.user_id, w.joined_at from public.stream_viewers w
      where w.stream_id = p_stream_id and w.expires_at > clock_timestamp() and v_stream.status = 'live'
    ), present as (
      select t.user_id, min(t.joined_at) as since from tabs t where t.user_id is not null group by t.user_id
    ), seen as (
      -- The shadow banned are seen by themselves and by moderators alone.
      select p.user_id, p.since, m.moderator_since, m.muted_until, m.shadow_banned_at from present p
      left join public.stream_members m on m.streamer_id = v_stream.streamer_id and m.user_id = p.user_id
      where m.banned_at is null and (m.shadow_banned_at is null or v_moderates or p.user_id = v_viewer)
    ), named as (
      select s.*, private.member_name(s.user_id) as username from (
        select s.*, row_number() over (order by s.moderator_since is null, s.since, s.user_id) as place from seen s) as s
      where s.place <= p_limit and v_viewer is not null
    )
    select jsonb_build_object(
      'viewer_count', v_stream.viewer_count,
      'signed_in', (select count(*) from seen)::integer,
      'anonymous', (select count(*) from tabs t where t.user_id is null)::integer,
      'items', coalesce((
        select jsonb_agg(
          jsonb_build_object('user_id', n.user_id, 'username', n.username,
            'role', case when n.moderator_since is not null then 'moderator' end, 'since', n.since)
          || case when v_moderates then jsonb_build_object(
              'muted_until', case when n.muted_until > clock_timestamp() then n.muted_until end,
              'shadow_banned', n.shadow_banned_at is not null) else '{}' end
          order by n.place)
        from named n), '[]'),
      'next_cursor', null));
end
$$;
comment on function public.room_viewers(uuid, integer) is
  'Who watches a live room now: {viewer_count, signed_in, anonymous, items: [{user_id, username, role, since, (for moderators: muted_until, shadow_banned)}], next_cursor: null}, moderators first, then who came first. Items are for signed-in callers; of those who have no account nobody learns more than the number. Raises not_found, for hidden rooms too, banned, invalid_limit.';
grant execute on function public.room_viewers(uuid, integer) to anon, authenticated;
