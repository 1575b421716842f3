-- How a room talks: slow mode, followers alone, blocked words, and the message that stands above it.
create function private.blocked_words(p_words jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  v_words_max constant integer := 200;
  v_chars_max constant integer := 50;
  v_words text[];
begin
  if jsonb_typeof(p_words) is distinct from 'array' or jsonb_array_length(p_words) > v_words_max
    or exists (select 1 from jsonb_array_elements(p_words) as w where jsonb_typeof(w) <> 'string') then
    return null;
  end if;
  select coalesce(array_agg(distinct private.clean_message(w, v_chars_max)), '{}') into v_words
  from jsonb_array_elements_text(p_words) as w;
  -- What has no letter and no digit would be found nowhere, or everywhere.
  if exists (select 1 from unnest(v_words) as w where w is null or private.fold_words(w) = '  ') then
    return null;
  end if;
  return v_words;
end
$$;
comment on function private.blocked_words(jsonb) is
  'Up to 200 words or phrases of 1 to 50 characters, each once; null for what is not a list of such.';

create function public.set_room_settings(p_stream_id uuid, p_settings jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_before public.streams;
  v_words text[] := private.blocked_words(p_settings -> 'blocked_words');
  v_pinned text := p_settings ->> 'pinned_message_id';
  v_told jsonb;
begin
  if jsonb_typeof(p_settings) is distinct from 'object'
    or exists (
      select 1 from jsonb_object_keys(p_settings) as k
      where k not in ('slow_mode_s', 'followers_only', 'blocked_words', 'pinned_message_id'))
    or (p_settings ? 'slow_mode_s' and coalesce(p_settings ->> 'slow_mode_s', '') !~ '^([0-9]|[1-9][0-9]|1[01][0-9]|120)$')
    or (p_settings ? 'followers_only' and jsonb_typeof(p_settings -> 'followers_only') <> 'boolean')
    or (p_settings ? 'blocked_words' and v_words is null)
    or v_pinned !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_settings',
      detail = 'Settings are slow_mode_s of 0 to 120, followers_only, up to 200 blocked_words of 1 to 50 characters, and pinned_message_id';
  end if;
  select * into v_before from public.streams s where s.id = p_stream_id for no key update;
  if v_before.status = 'ended' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The room has ended';
  elsif v_pinned is not null and not exists (
    select 1 from public.stream_messages m
    where m.id = v_pinned::uuid and m.stream_id = p_stream_id and m.removed_at is null and not m.shadowed) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such message';
  end if;
  update public.streams s set
    slow_mode_s = coalesce((p_settings ->> 'slow_mode_s')::integer, s.slow_mode_s),
    followers_only = coalesce((p_settings ->> 'followers_only')::boolean, s.followers_only),
    blocked_words = coalesce(v_words, s.blocked_words),
    blocked_folded = case when v_words is null then s.blocked_folded
      else (select coalesce(array_agg(distinct private.fold_words(w)), '{}') from unnest(v_words) as w) end,
    pinned_message_id = case when p_settings ? 'pinned_message_id' then v_pinned::uuid else s.pinned_message_id end,
    updated_at = clock_timestamp()
  where s.id = p_stream_id returning * into v_stream;
  v_told := jsonb_build_object('slow_mode_s', v_stream.slow_mode_s, 'followers_only', v_stream.followers_only,
    'pinned', private.pinned_message(v_stream));
  if (v_before.slow_mode_s, v_before.followers_only, v_before.blocked_words, v_before.pinned_message_id)
    is distinct from (v_stream.slow_mode_s, v_stream.followers_only, v_stream.blocked_words, v_stream.pinned_message_id) then
    -- The words are between the moderators; their number is enough for the log.
    perform private.log_room_act(v_stream, 'settings_changed', null, jsonb_build_object('slow_mode_s', v_stream.slow_mode_s,
      'followers_only', v_stream.followers_only, 'blocked_words', cardinality(v_stream.blocked_words),
      'pinned_message_id', v_stream.pinned_message_id));
    perform private.send_to_room(v_stream, 'room_settings', v_told);
  end if;
  return jsonb_build_object('settings', v_told || jsonb_build_object('blocked_words', to_jsonb(v_stream.blocked_words)));
end
$$;
comment on function public.set_room_settings(uuid, jsonb) is
  'Changes some of a room''s {slow_mode_s, followers_only, blocked_words, pinned_message_id}: {settings: {slow_mode_s, followers_only, pinned, blocked_words}}. Blocked are whole words, in any case and with any accents. Raises invalid_settings, stream_ended, forbidden, not_found.';
grant execute on function public.set_room_settings(uuid, jsonb) to authenticated;
