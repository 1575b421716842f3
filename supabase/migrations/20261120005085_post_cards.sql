-- Cards: what the platform knows, put into the chat by the platform, so that nobody has to trust a picture.
create function public.post_pool_card(p_stream_id uuid, p_pool_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_content jsonb := jsonb_build_object('stream_id', p_stream_id, 'pool_id', p_pool_id);
  v_user_id uuid;
  v_answer jsonb;
  v_stream public.streams;
  v_member public.stream_members;
  v_pool public.pools;
  v_json jsonb;
begin
  perform private.require_rate('room_card');
  v_user_id := private.require_user();
  v_answer := private.answered('post_pool_card', p_client_id, v_content);
  if v_answer is not null then
    return v_answer;
  end if;
  v_stream := private.require_room(p_stream_id, 'read');
  v_member := private.lock_person(v_stream.streamer_id, v_user_id);
  perform private.require_voice(v_stream, v_member);
  if not private.is_moderator(v_stream.streamer_id, v_user_id) then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'The streamer and moderators post cards';
  end if;
  -- What everybody may read anyway: a card must not tell a room of a private pool, even if whoever posts it sees that.
  select * into v_pool from public.pools p where p.id = p_pool_id and p.visibility = 'public' and p.opened_at is not null;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such public pool';
  end if;
  v_json := private.pool_json(v_pool);
  return private.remember('post_pool_card', p_client_id, v_content, jsonb_build_object('message',
    private.store_message(p_stream_id, v_user_id, left(v_pool.name, 500), 'CARD', jsonb_build_object(
      'kind', 'pool', 'pool_id', v_pool.id, 'name', v_json -> 'name', 'unit_price', v_json -> 'unit_price',
      'currency', v_json -> 'currency', 'change_percent', v_json -> 'change_percent', 'size', v_json -> 'size',
      'spark', private.pool_spark(v_pool.id), 'at', clock_timestamp()))));
end
$$;
comment on function public.post_pool_card(uuid, uuid, uuid) is
  'Puts what a public pool is worth now into a room''s chat, as the platform knows it: {message}, whose data is {kind: pool, pool_id, name, unit_price, currency, change_percent, size, spark, at}. For the streamer and moderators. Raises forbidden, not_found, stream_ended, conflict.';
grant execute on function public.post_pool_card(uuid, uuid, uuid) to authenticated;
