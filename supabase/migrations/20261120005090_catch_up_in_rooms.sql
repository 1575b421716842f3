-- A room that moves is left and joined by all of its viewers within seconds: each asks once for whatever it missed.
create function public.catch_up(p_stream_id uuid, p_tab_id uuid, p_after uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_page_max constant integer := 200;
  -- Longer than a move and what a busy moment adds to it; who was away longer reads the newest page.
  v_removed_within constant interval := '1 minute';
  v_removed_max constant integer := 100;
  v_stream public.streams := private.require_live_room(p_stream_id);
begin
  if p_after is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The last message known is needed';
  end if;
  perform private.note_viewer(v_stream, p_tab_id);
  return public.stream_detail(p_stream_id) || jsonb_build_object(
    'success', true, 'viewer_count', v_stream.viewer_count,
    'chat', public.chat_page(p_stream_id, p_after => p_after, p_limit => v_page_max),
    'removed', (
      select coalesce(jsonb_agg(r.id order by r.id), '[]') from (
        select n.id, n.removed_at from (
          select m.id, m.removed_at from public.stream_messages m
          where m.stream_id = p_stream_id and m.id <= p_after and not m.shadowed order by m.id desc limit 1000) as n
        where n.removed_at > clock_timestamp() - v_removed_within
        order by n.id desc limit v_removed_max) as r));
end
$$;
comment on function public.catch_up(uuid, uuid, uuid) is
  'touch_viewer() for a tab that comes to the topic a room has moved to: {success, viewer_count}, all of stream_detail(), what chat_page() says came after the last message known, and which of the messages before it were removed within the last minute: {chat: {items, next_cursor}, removed: [message_id]}. Raises not_found, banned, stream_ended, bad_request, rate_limited.';
grant execute on function public.catch_up(uuid, uuid, uuid) to anon, authenticated;
