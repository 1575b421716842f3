-- Messages taken away and given back. Their text stays for moderators to judge.
create function private.forget_message(p_stream public.streams, p_message_id uuid) returns void
language sql volatile security definer set search_path = ''
as $$
  -- Of the present topic alone: nobody is let to the ones before. What told of the message now tells that it is gone.
  update realtime.messages m
  set event = 'message_removed', payload = jsonb_build_object('id', m.payload -> 'id', 'message_id', p_message_id, 'removed', true)
  where m.topic = private.room_topic(p_stream)
    and m.event in ('chat_message', 'tip_received', 'message_removed', 'room_settings')
    and p_message_id::text in (
      m.payload ->> 'message_id', m.payload -> 'message' ->> 'message_id', m.payload -> 'pinned' ->> 'message_id')
$$;
comment on function private.forget_message(public.streams, uuid) is
  'Takes a message''s text out of what Realtime keeps for three days and replays to whoever joins the room''s topic.';

create function private.hide_message(p_stream public.streams, p_message_id uuid, p_removed boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := auth.uid();
  v_message public.stream_messages;
  v_json jsonb;
begin
  select * into v_message from public.stream_messages m
  where m.id = p_message_id and m.stream_id = p_stream.id and not m.shadowed for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such message';
  elsif v_user_id <> p_stream.streamer_id and (
    (v_message.user_id is distinct from v_user_id and private.is_moderator(p_stream.streamer_id, v_message.user_id))
    or (not p_removed and v_message.removed_by = p_stream.streamer_id)) then
    raise sqlstate 'PT403' using message = 'cannot_moderate', detail = 'Only the streamer decides about the streamer and moderators';
  elsif (v_message.removed_at is not null) <> p_removed then
    update public.stream_messages m
    set removed_at = case when p_removed then clock_timestamp() end, removed_by = case when p_removed then v_user_id end
    where m.id = p_message_id;
    perform private.log_room_act(p_stream, case when p_removed then 'message_removed' else 'message_restored' end, v_message.user_id,
      jsonb_build_object('message_id', p_message_id, 'message', v_message.message));
    if p_removed then
      perform private.forget_message(p_stream, p_message_id);
    end if;
    -- Who reads the room gets what everybody may see.
    v_json := private.messages_json(p_stream, array[p_message_id]) -> 0;
    perform private.send_to_room(p_stream, 'message_removed', jsonb_build_object('message_id', p_message_id, 'removed', p_removed)
      || case when p_removed then '{}' else jsonb_build_object('message', v_json) end);
  end if;
  return jsonb_build_object('message', private.messages_json(p_stream, array[p_message_id], v_user_id, true) -> 0);
end
$$;
comment on function private.hide_message(public.streams, uuid, boolean) is
  'Removes or restores a message as the caller, who moderates its room: {message}. Raises not_found, cannot_moderate.';

create function public.remove_message(p_stream_id uuid, p_message_id uuid) returns jsonb
language sql volatile security definer set search_path = ''
as $$ select private.hide_message(private.moderated_room(p_stream_id), p_message_id, true) $$;
comment on function public.remove_message(uuid, uuid) is
  'Takes a message out of a room: {message}. Raises cannot_moderate for the streamer''s and moderators'' own, forbidden, not_found.';
grant execute on function public.remove_message(uuid, uuid) to authenticated;

create function public.restore_message(p_stream_id uuid, p_message_id uuid) returns jsonb
language sql volatile security definer set search_path = ''
as $$ select private.hide_message(private.moderated_room(p_stream_id), p_message_id, false) $$;
comment on function public.restore_message(uuid, uuid) is
  'Gives a removed message back to a room: {message}. Raises cannot_moderate for what the streamer removed, forbidden, not_found.';
grant execute on function public.restore_message(uuid, uuid) to authenticated;
