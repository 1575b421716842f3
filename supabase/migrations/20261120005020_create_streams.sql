-- Streams are scheduled, live, and ended, by their owners alone.
create function private.refuse_stream(p_detail text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise sqlstate 'PT400' using message = 'invalid_stream', detail = p_detail;
end
$$;

create function private.read_stream_url(p_changes jsonb, p_key text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  v_url text := nullif(p_changes ->> p_key, '');
begin
  -- A name and password in it would be shown to whoever reads the room.
  -- And what is shown of it reads as it is written.
  if char_length(v_url) > 500 or v_url ~ '[^!-~]' or v_url !~ '^https?://[A-Za-z0-9.:\[\]-]+(/[^\s<>"''\\@#]*)?$' then
    perform private.refuse_stream(format('"%s" is an http or https address of 500 letters at most, without credentials', p_key));
  end if;
  return v_url;
end
$$;

create function private.apply_stream_terms(p_stream public.streams, p_changes jsonb) returns public.streams
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_ahead_max constant interval := '90 days';
  v_stream public.streams := p_stream;
  v_key text;
begin
  if jsonb_typeof(p_changes) is distinct from 'object' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A stream is an object';
  end if;
  select k into v_key from jsonb_object_keys(p_changes) as k
  where k <> all (array['title', 'description', 'category', 'markets', 'thumbnail_url', 'visibility', 'scheduled_for',
    'whip_url', 'whep_url', 'recording_url', 'is_recording']) limit 1;
  if found then
    perform private.refuse_stream(format('"%s" cannot be set here', left(v_key, 40)));
  end if;
  select c.key into v_key from jsonb_each(p_changes) as c
  where c.key not in ('markets', 'is_recording') and jsonb_typeof(c.value) not in ('string', 'null') limit 1;
  if found then
    perform private.refuse_stream(format('"%s" is a text', v_key));
  end if;
  if p_changes ? 'title' then
    v_stream.title := private.clean_message(p_changes ->> 'title', 120);
  end if;
  if v_stream.title is null or not private.is_plain_text(v_stream.title) then
    perform private.refuse_stream('A title has 1 to 120 letters that show, on one line');
  end if;
  if p_changes ? 'description' then
    v_stream.description := coalesce(btrim(p_changes ->> 'description'), '');
  end if;
  if char_length(v_stream.description) > 2000 or not private.is_plain_text(v_stream.description) then
    perform private.refuse_stream('A description has 2000 letters at most');
  end if;
  if p_changes ? 'category' then
    v_stream.category := p_changes ->> 'category';
  end if;
  if v_stream.category is null or v_stream.category !~ '^[a-z][a-z_]{0,23}$' then
    perform private.refuse_stream('A category is small letters and underscores');
  end if;
  if p_changes ? 'visibility' then
    v_stream.visibility := p_changes ->> 'visibility';
  end if;
  if v_stream.visibility is null or v_stream.visibility not in ('public', 'private') then
    perform private.refuse_stream('The visibility is public or private');
  end if;
  if p_changes ? 'markets' then
    if jsonb_typeof(p_changes -> 'markets') <> 'array' or jsonb_array_length(p_changes -> 'markets') > 8 or exists (
      select 1 from jsonb_array_elements(p_changes -> 'markets') as m
      where jsonb_typeof(m) <> 'string' or m #>> '{}' !~ '^[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}$') then
      perform private.refuse_stream('Markets are 8 at most, such as "sim:BTC-USDT"');
    end if;
    v_stream.markets := array(select jsonb_array_elements_text(p_changes -> 'markets'));
  end if;
  if p_changes ? 'is_recording' then
    if jsonb_typeof(p_changes -> 'is_recording') <> 'boolean' then
      perform private.refuse_stream('"is_recording" is true or false');
    end if;
    v_stream.is_recording := (p_changes ->> 'is_recording')::boolean;
  end if;
  if p_changes ? 'thumbnail_url' then
    v_stream.thumbnail_url := private.read_stream_url(p_changes, 'thumbnail_url');
  end if;
  if p_changes ? 'whip_url' then
    v_stream.whip_url := private.read_stream_url(p_changes, 'whip_url');
  end if;
  if p_changes ? 'whep_url' then
    v_stream.whep_url := private.read_stream_url(p_changes, 'whep_url');
  end if;
  if p_changes ? 'recording_url' then
    v_stream.recording_url := private.read_stream_url(p_changes, 'recording_url');
  end if;
  if p_changes ? 'scheduled_for' then
    begin
      v_stream.scheduled_for := (p_changes ->> 'scheduled_for')::timestamptz;
    exception when data_exception then
      perform private.refuse_stream('"scheduled_for" is a time');
    end;
    if v_stream.status <> 'scheduled' or v_stream.scheduled_for < now() - interval '1 minute' or v_stream.scheduled_for > now() + v_ahead_max then
      perform private.refuse_stream('A stream that has not begun is scheduled within 90 days');
    end if;
  end if;
  return v_stream;
end
$$;
comment on function private.apply_stream_terms(public.streams, jsonb) is
  'A stream with what is written in the changes; raises invalid_stream, bad_request.';

-- However a room ends, by its owner, by the worker or by hand in the dashboard.
create function private.end_room() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_when = 'BEFORE' then
    new.ended_at := coalesce(new.ended_at, clock_timestamp());
    new.viewer_count := 0;
    new.epoch_due := false;
    new.updated_at := clock_timestamp();
    return new;
  end if;
  delete from public.stream_viewers v where v.stream_id = new.id;
  if old.status = 'live' then
    perform realtime.send(jsonb_build_object('stream_id', new.id,
      'duration', floor(extract(epoch from new.ended_at - new.started_at))::integer), 'stream_ended', private.room_topic(new), true);
  end if;
  perform private.audit('stream.ended', 'stream', new.id::text, jsonb_build_object('streamer_id', new.streamer_id));
  return null;
end
$$;
create trigger end_room_first before update of status on public.streams
  for each row when (new.status = 'ended' and old.status <> 'ended') execute function private.end_room();
create trigger end_room after update of status on public.streams
  for each row when (new.status = 'ended' and old.status <> 'ended') execute function private.end_room();

create function private.own_stream(p_stream_id uuid) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  select * into v_stream from public.streams s where s.id = p_stream_id for no key update;
  if v_stream.id is null or not private.can_see_room(v_stream) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such stream';
  elsif v_stream.streamer_id is distinct from auth.uid() then
    raise sqlstate 'PT403' using message = 'not_owner', detail = 'The stream is somebody else''s';
  end if;
  return v_stream;
end
$$;
comment on function private.own_stream(uuid) is
  'A stream of the caller''s, who has been asked for a live session, its row held; raises not_owner, and not_found for what the caller may not see.';

create function private.tell_followers(p_stream public.streams) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Those who came last; whoever has more followers is found in the list of who is live.
  v_told_max constant integer := 10000;
  -- Ending and starting again is no news.
  v_apart_min constant interval := '15 minutes';
  v_users uuid[];
begin
  if exists (
    select 1 from public.streams s
    where s.streamer_id = p_stream.streamer_id and s.id <> p_stream.id and s.started_at > clock_timestamp() - v_apart_min) then
    return;
  end if;
  v_users := array(
    select f.follower_id from public.stream_follows f
    left join public.stream_members m on m.streamer_id = f.streamer_id and m.user_id = f.follower_id
    where f.streamer_id = p_stream.streamer_id and m.banned_at is null
      and (p_stream.visibility = 'public' or m.invited_at is not null or m.moderator_since is not null)
    order by f.followed_at desc limit v_told_max);
  if cardinality(v_users) > 0 then
    perform private.notify_users(v_users, 'live_now', array_fill(jsonb_build_object('stream_id', p_stream.id,
      'streamer_id', p_stream.streamer_id, 'username', private.member_name(p_stream.streamer_id), 'title', p_stream.title),
      array[cardinality(v_users)]));
  end if;
end
$$;
comment on function private.tell_followers(public.streams) is
  'Tells the last 10,000 followers, who may see it, that a stream is live; not within 15 minutes of the streamer''s last one.';

create function private.start_room(p_stream public.streams) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  begin
    update public.streams s
    set status = 'live', started_at = clock_timestamp(), streamer_seen_at = clock_timestamp(), updated_at = clock_timestamp()
    where s.id = p_stream.id returning * into v_stream;
  exception when unique_violation then
    raise sqlstate 'PT409' using message = 'already_live', detail = 'End the stream that is live first';
  end;
  perform private.audit('stream.started', 'stream', v_stream.id::text, jsonb_build_object('visibility', v_stream.visibility));
  perform private.tell_followers(v_stream);
  return v_stream;
end
$$;
comment on function private.start_room(public.streams) is
  'Opens a room that was scheduled and tells the followers; raises already_live.';

create function public.create_stream(p_stream jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_scheduled_max constant integer := 20;
  v_user_id uuid := private.require_user();
  v_answer jsonb := private.answered('create_stream', p_client_id, p_stream);
  v_stream public.streams;
  v_start boolean;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('room_start');
  if jsonb_typeof(p_stream) is distinct from 'object' or jsonb_typeof(coalesce(p_stream -> 'start', 'true')) <> 'boolean' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A stream is an object, and "start" true or false';
  end if;
  v_start := coalesce((p_stream ->> 'start')::boolean, p_stream ->> 'scheduled_for' is null);
  v_stream.id := private.uuid_v7();
  v_stream.status := 'scheduled';
  v_stream.description := '';
  v_stream.category := 'crypto';
  v_stream.markets := '{}';
  v_stream.visibility := 'public';
  v_stream.is_recording := false;
  v_stream := private.apply_stream_terms(v_stream, p_stream - 'start');
  if not v_start and (
    select count(*) from public.streams s where s.streamer_id = v_user_id and s.status = 'scheduled') >= v_scheduled_max then
    raise sqlstate 'PT409' using message = 'schedule_limit', detail = format('%s streams wait already', v_scheduled_max);
  end if;
  insert into public.streams (id, streamer_id, title, description, category, markets, thumbnail_url, status, visibility, scheduled_for,
    is_recording, recording_url, whip_url, whep_url)
  values (v_stream.id, v_user_id, v_stream.title, v_stream.description, v_stream.category, v_stream.markets, v_stream.thumbnail_url,
    'scheduled', v_stream.visibility, v_stream.scheduled_for, v_stream.is_recording, v_stream.recording_url, v_stream.whip_url,
    v_stream.whep_url)
  returning * into v_stream;
  if v_start then
    v_stream := private.start_room(v_stream);
  end if;
  return private.remember('create_stream', p_client_id, p_stream, jsonb_build_object('stream', private.stream_object(v_stream)));
end
$$;
comment on function public.create_stream(jsonb, uuid) is
  'Opens a room, or schedules it: {title, description, category, markets, thumbnail_url, visibility, scheduled_for, whip_url, whep_url, is_recording, start} -> {stream}. Without scheduled_for it starts at once, unless start is false. Raises already_live, invalid_stream, schedule_limit, bad_request.';
grant execute on function public.create_stream(jsonb, uuid) to authenticated;

create function public.update_stream(p_stream_id uuid, p_changes jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('stream_id', p_stream_id, 'changes', p_changes);
  v_answer jsonb := private.answered('update_stream', p_client_id, v_content);
  v_old public.streams;
  v_stream public.streams;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('rooms_write');
  v_old := private.own_stream(p_stream_id);
  v_stream := private.apply_stream_terms(v_old, p_changes);
  if v_old.status = 'ended' and exists (
    select 1 from jsonb_object_keys(p_changes) as k where k not in ('title', 'description', 'visibility', 'recording_url', 'thumbnail_url')) then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'Of what has ended, title, description, visibility, picture and recording change';
  end if;
  update public.streams s
  set (title, description, category, markets, thumbnail_url, visibility, scheduled_for, whip_url, whep_url, recording_url, is_recording,
      updated_at)
    = row (v_stream.title, v_stream.description, v_stream.category, v_stream.markets, v_stream.thumbnail_url, v_stream.visibility,
      v_stream.scheduled_for, v_stream.whip_url, v_stream.whep_url, v_stream.recording_url, v_stream.is_recording, clock_timestamp())
  where s.id = p_stream_id returning * into v_stream;
  if v_stream.status = 'live' then
    if v_old.visibility = 'public' and v_stream.visibility = 'private' then
      -- Strangers are in it.
      perform private.raise_epoch(p_stream_id);
    end if;
    -- While they wait to be shut out, they are not told; whoever goes along when the room moves reads then what changed.
    if v_stream.visibility = 'public' or not (select s.epoch_due from public.streams s where s.id = p_stream_id) then
      perform private.send_to_room(v_stream, 'room_settings', jsonb_build_object('title', v_stream.title,
        'description', v_stream.description, 'category', v_stream.category, 'markets', to_jsonb(v_stream.markets),
        'thumbnail_url', v_stream.thumbnail_url, 'is_recording', v_stream.is_recording, 'whep_url', v_stream.whep_url));
    end if;
  end if;
  return private.remember('update_stream', p_client_id, v_content, jsonb_build_object('stream', private.stream_object(v_stream)));
end
$$;
comment on function public.update_stream(uuid, jsonb, uuid) is
  'Changes one''s stream by the keys of create_stream(), and recording_url: {stream}; a live room hears room_settings. Raises not_owner, not_found, stream_ended, invalid_stream.';
grant execute on function public.update_stream(uuid, jsonb, uuid) to authenticated;

create function public.start_stream(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_stream public.streams;
begin
  perform private.require_rate('room_start');
  v_stream := private.own_stream(p_stream_id);
  if v_stream.status = 'ended' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The stream has ended';
  elsif v_stream.status = 'scheduled' then
    v_stream := private.start_room(v_stream);
  end if;
  return jsonb_build_object('stream', private.stream_object(v_stream));
end
$$;
comment on function public.start_stream(uuid) is
  'Opens a scheduled room of the caller''s: {stream}; one that is live already is answered. Raises already_live, not_owner, not_found, stream_ended.';
grant execute on function public.start_stream(uuid) to authenticated;

create function public.end_stream(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_stream public.streams;
begin
  perform private.require_rate('rooms_write');
  v_stream := private.own_stream(p_stream_id);
  if v_stream.status = 'scheduled' then
    raise sqlstate 'PT409' using message = 'not_live', detail = 'The stream has not begun';
  elsif v_stream.status = 'live' then
    update public.streams s set status = 'ended' where s.id = p_stream_id returning * into v_stream;
  end if;
  return jsonb_build_object('stream', private.stream_object(v_stream));
end
$$;
comment on function public.end_stream(uuid) is
  'Ends one''s stream: {stream}; the room hears stream_ended {stream_id, duration}. One that has ended is answered. Raises not_owner, not_found, not_live.';
grant execute on function public.end_stream(uuid) to authenticated;

create function public.cancel_stream(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_stream public.streams;
begin
  perform private.require_rate('rooms_write');
  v_stream := private.own_stream(p_stream_id);
  if v_stream.status <> 'scheduled' then
    raise sqlstate 'PT409' using message = 'not_scheduled', detail = 'The stream has begun';
  end if;
  delete from public.streams s where s.id = p_stream_id;
  return jsonb_build_object('success', true);
end
$$;
comment on function public.cancel_stream(uuid) is
  'Takes back a scheduled stream of the caller''s: {success}. Raises not_owner, not_found, not_scheduled.';
grant execute on function public.cancel_stream(uuid) to authenticated;
