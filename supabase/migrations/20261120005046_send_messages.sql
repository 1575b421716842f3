-- Saying something. Order of locks, everywhere in rooms: the person (streamer and user), the stream's row, accounts of the
-- ledger. The row is held from a message's id to its commit, so that ids rise in the order of commits.
create function private.lock_person(p_streamer_id uuid, p_user_id uuid) returns public.stream_members
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_member public.stream_members;
begin
  perform pg_advisory_xact_lock(hashtextextended('room_person' || p_streamer_id::text || p_user_id::text, 0));
  select * into v_member from public.stream_members m where m.streamer_id = p_streamer_id and m.user_id = p_user_id;
  return v_member;
end
$$;
comment on function private.lock_person(uuid, uuid) is
  'What a streamer decided about somebody, certain until the transaction ends: whoever speaks and whoever decides waits here.';

create function private.next_message_id(p_stream_id uuid) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_id text := private.uuid_v7()::text;
  v_last text;
begin
  select m.id::text into v_last from public.stream_messages m where m.stream_id = p_stream_id order by m.id desc limit 1;
  -- Of one millisecond, or of a clock that was set back: the millisecond after the last one's.
  if left(v_last, 13) >= left(v_id, 13) then
    v_last := lpad(to_hex(('x0000' || replace(left(v_last, 13), '-', ''))::bit(64)::bigint + 1), 12, '0');
    v_id := left(v_last, 8) || '-' || right(v_last, 4) || substr(v_id, 14);
  end if;
  return v_id::uuid;
end
$$;
comment on function private.next_message_id(uuid) is
  'An id above those of all messages of a room. The caller holds the lock of the stream''s row.';

create function private.store_message(
  p_stream_id uuid, p_user_id uuid, p_message text, p_message_type text, p_data jsonb default '{}',
  p_client_id uuid default null, p_shadowed boolean default false)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
  v_id uuid;
  v_message jsonb;
begin
  -- Waits for whoever speaks or ends the room right now, and for a ban that raises its epoch.
  update public.streams s set messages = s.messages + case when p_shadowed then 0 else 1 end
  where s.id = p_stream_id and s.status = 'live' returning * into v_stream;
  if not found then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The room is not live';
  end if;
  v_id := private.next_message_id(p_stream_id);
  insert into public.stream_messages (id, stream_id, user_id, message, message_type, data, client_id, shadowed)
  values (v_id, p_stream_id, p_user_id, p_message, p_message_type, p_data, p_client_id, p_shadowed)
  on conflict (user_id, client_id) do nothing;
  if not found then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'That client_id was used with other content';
  end if;
  v_message := private.messages_json(v_stream, array[v_id], p_user_id) -> 0;
  if not p_shadowed then
    perform nextval('private.room_messages');
    perform private.send_to_room(v_stream, 'chat_message', v_message - 'client_id');
  end if;
  return v_message;
end
$$;
comment on function private.store_message(uuid, uuid, text, text, jsonb, uuid, boolean) is
  'Keeps a message and tells the room of it; returns it as its author gets it. Raises stream_ended, conflict.';

create function private.require_voice(p_stream public.streams, p_member public.stream_members) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if p_stream.status <> 'live' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The room is not live';
  elsif p_member.banned_at is not null then
    raise sqlstate 'PT403' using message = 'banned', detail = 'You are banned from this room';
  elsif p_member.muted_until > clock_timestamp() then
    raise sqlstate 'PT403' using message = 'muted', detail = 'You are muted in this room',
      hint = ceil(extract(epoch from p_member.muted_until - clock_timestamp()))::integer::text;
  end if;
end
$$;
comment on function private.require_voice(public.streams, public.stream_members) is
  'Raises stream_ended, banned or muted (the hint is the seconds it lasts) for who may not be heard in a room.';

create function private.refuse_words(p_stream public.streams, p_message text) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_words text;
begin
  if cardinality(p_stream.blocked_folded) > 0 then
    v_words := private.fold_words(p_message);
    if exists (select 1 from unnest(p_stream.blocked_folded) as w where strpos(v_words, w) > 0) then
      raise sqlstate 'PT409' using message = 'blocked_word', detail = 'The room does not take one of these words';
    end if;
  end if;
end
$$;
comment on function private.refuse_words(public.streams, text) is 'Raises blocked_word when a text has a word the room blocks.';

create function private.refuse_repetition(p_stream public.streams, p_user_id uuid, p_message text, p_slow_mode_s integer)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_duplicate_s constant integer := 30;
  v_compared_max constant integer := 5;
  v_now timestamptz := clock_timestamp();
  v_message text := btrim(regexp_replace(private.fold_text(p_message), '\s+', ' ', 'g'));
  v_newest boolean := true;
  v_last record;
begin
  for v_last in
    select m.message, extract(epoch from v_now - m.created_at) as age_s from public.stream_messages m
    where m.stream_id = p_stream.id and m.user_id = p_user_id and m.message_type in ('TEXT', 'EMOJI', 'ALERT')
    order by m.id desc limit v_compared_max
  loop
    if v_newest and p_slow_mode_s > 0 and v_last.age_s < p_slow_mode_s then
      raise sqlstate 'PT429' using message = 'slow_mode', detail = format('The room takes a message every %s s', p_slow_mode_s),
        hint = least(p_slow_mode_s, greatest(1, ceil(p_slow_mode_s - v_last.age_s)))::integer::text;
    end if;
    v_newest := false;
    exit when v_last.age_s >= v_duplicate_s;
    if btrim(regexp_replace(private.fold_text(v_last.message), '\s+', ' ', 'g')) = v_message then
      raise sqlstate 'PT409' using message = 'duplicate_message', detail = 'You have just said that',
        hint = least(v_duplicate_s, greatest(1, ceil(v_duplicate_s - v_last.age_s)))::integer::text;
    end if;
  end loop;
end
$$;
comment on function private.refuse_repetition(public.streams, uuid, text, integer) is
  'Raises slow_mode, or duplicate_message for what looks like something the user said in the last 30 s; the hint is the seconds to wait. The caller holds the person''s lock.';

create function public.send_message(
  p_stream_id uuid, p_client_id uuid, p_message text, p_message_type text default 'TEXT')
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_emoji_chars_max constant integer := 40;
  v_user_id uuid;
  v_stream public.streams;
  v_member public.stream_members;
  v_known public.stream_messages;
  v_message text;
  v_moderates boolean;
begin
  -- Before anything that costs more: somebody calls this a thousand times a second.
  perform private.require_rate('chat_send');
  v_user_id := private.require_user();
  if p_client_id is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A client_id is needed';
  elsif p_message_type is null or p_message_type not in ('TEXT', 'EMOJI', 'ALERT') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A message is TEXT, EMOJI or ALERT';
  end if;
  v_message := private.require_message(p_message, case p_message_type when 'EMOJI' then v_emoji_chars_max else 500 end);
  v_stream := private.require_room(p_stream_id, 'read');
  v_member := private.lock_person(v_stream.streamer_id, v_user_id);
  select * into v_known from public.stream_messages m where m.user_id = v_user_id and m.client_id = p_client_id;
  if found then
    if (v_known.stream_id, v_known.message, v_known.message_type) is distinct from (p_stream_id, v_message, p_message_type) then
      raise sqlstate 'PT409' using message = 'conflict', detail = 'That client_id was used with other content';
    end if;
    return jsonb_build_object('message', private.messages_json(v_stream, array[v_known.id], v_user_id) -> 0);
  end if;
  perform private.require_voice(v_stream, v_member);
  v_moderates := v_user_id = v_stream.streamer_id or v_member.moderator_since is not null;
  if p_message_type = 'ALERT' and not v_moderates then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'The streamer and moderators alert the room';
  elsif v_stream.followers_only and not v_moderates and not exists (
    select 1 from public.stream_follows f where f.streamer_id = v_stream.streamer_id and f.follower_id = v_user_id) then
    raise sqlstate 'PT403' using message = 'followers_only', detail = 'Followers alone talk in this room';
  end if;
  if not v_moderates then
    perform private.refuse_words(v_stream, v_message);
  end if;
  perform private.refuse_repetition(v_stream, v_user_id, v_message, case when v_moderates then 0 else v_stream.slow_mode_s end);
  return jsonb_build_object('message', private.store_message(p_stream_id, v_user_id, v_message, p_message_type,
    p_client_id => p_client_id, p_shadowed => v_member.shadow_banned_at is not null));
end
$$;
comment on function public.send_message(uuid, uuid, text, text) is
  'Says something in a room: {message}. The same client_id gets the same answer. Raises invalid_message, slow_mode and duplicate_message (the hint is the seconds to wait), blocked_word, followers_only, muted, banned, stream_ended, forbidden, conflict, rate_limited, not_found.';
grant execute on function public.send_message(uuid, uuid, text, text) to authenticated;
