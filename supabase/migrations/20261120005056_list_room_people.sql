-- What moderators look at: their log, and whom they decided about.
create function public.acts_page(p_stream_id uuid, p_limit integer default 50, p_cursor text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_items jsonb;
  v_more boolean;
begin
  perform private.check_page(p_limit, p_cursor);
  with page as (
    select a.*, row_number() over (order by a.id desc) as place from public.stream_acts a
    where a.streamer_id = v_stream.streamer_id and (p_cursor is null or a.id < p_cursor::uuid)
    order by a.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'stream_id', g.stream_id, 'at', g.at, 'act', g.act,
      'actor_id', g.actor_id, 'actor_name', private.member_name(g.actor_id),
      'subject_id', g.subject_id, 'subject_name', private.member_name(g.subject_id), 'detail', g.detail)
      order by g.place) filter (where g.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.acts_page(uuid, integer, text) is
  'What moderators did in all rooms of a room''s streamer, newest first: {items: [{id, stream_id, at, act, actor_id, actor_name, subject_id, subject_name, detail}], next_cursor}. For moderators. Raises forbidden, not_found.';
grant execute on function public.acts_page(uuid, integer, text) to authenticated;

create function public.room_people(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Of each kind, the latest.
  v_people_max constant integer := 200;
  v_stream public.streams := private.moderated_room(p_stream_id);
begin
  return (
    with people as (
      select k.kind, m.user_id, k.at, row_number() over (partition by k.kind order by k.at desc, m.user_id) as place
      from public.stream_members m
      cross join lateral (values
        ('moderators', m.moderator_since),
        ('invited', m.invited_at),
        ('muted', case when m.muted_until > clock_timestamp() then m.muted_until end),
        ('banned', m.banned_at),
        ('shadow_banned', m.shadow_banned_at)) as k(kind, at)
      where m.streamer_id = v_stream.streamer_id and k.at is not null
    ), lists as (
      select p.kind, jsonb_agg(jsonb_build_object('user_id', p.user_id, 'username', private.member_name(p.user_id),
        case when p.kind = 'muted' then 'until' else 'since' end, p.at) order by p.place) as people
      from people p where p.place <= v_people_max group by p.kind
    )
    select jsonb_object_agg(k.kind, coalesce(l.people, '[]'))
    from unnest(array['moderators', 'invited', 'muted', 'banned', 'shadow_banned']) as k(kind)
    left join lists l on l.kind = k.kind);
end
$$;
comment on function public.room_people(uuid) is
  'Whom a streamer and his moderators decided about, the latest 200 of each kind: {moderators, invited, muted, banned, shadow_banned: [{user_id, username, since (muted: until)}]}. For moderators. Raises forbidden, not_found.';
grant execute on function public.room_people(uuid) to authenticated;
