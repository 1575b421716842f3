-- What rooms hear. Only functions send, and on the topic of the present epoch alone.
create function private.send_to_room(p_stream public.streams, p_event text, p_payload jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  -- Held until the message is on its way: a ban cannot raise the epoch in between, so nothing comes after it on the old
  -- topic, where a hosted server would still deliver it to the banned.
  select * into v_stream from public.streams s where s.id = p_stream.id for no key update;
  if v_stream.status = 'live' then
    perform realtime.send(p_payload, p_event, private.room_topic(v_stream), true);
  end if;
end
$$;
comment on function private.send_to_room(public.streams, text, jsonb) is
  'Broadcasts an event to those who read a live room now, once the transaction commits; holds the room''s row. Take the room before accounts of the ledger.';

create function private.check_readers(p_topic text, p_user_id uuid default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- The embedded server's own; a hosted one has no such thing, and relies on the epoch.
  if to_regprocedure('realtime.reauthorize(text)') is null then
    return;
  elsif p_user_id is not null and to_regprocedure('realtime.reauthorize_user(text, uuid)') is not null then
    execute 'select realtime.reauthorize_user($1, $2)' using p_topic, p_user_id;
  else
    execute 'select realtime.reauthorize($1)' using p_topic;
  end if;
end
$$;
comment on function private.check_readers(text, uuid) is
  'Has the embedded Realtime check a topic''s readers again when the transaction commits: all of them, or one user.';

create function private.move_spread(p_stream public.streams) returns interval
language sql immutable set search_path = ''
as $$ select make_interval(secs => least(greatest(p_stream.viewer_count * 0.0025, 1.5), 5)) $$;
comment on function private.move_spread(public.streams) is
  'Within what time the viewers of a room that moves come to its new topic, 400 a second: 1.5 to 5 seconds. Until then they hear nothing, and read it afterwards.';

create function private.move_pause(p_stream public.streams) returns interval
language sql immutable set search_path = ''
as $$
  -- With the worker's turn of a second, who is banned meanwhile hears nothing after less than 10 seconds on any server.
  select greatest(private.move_spread(p_stream) + interval '1 second', interval '5 seconds')
$$;
comment on function private.move_pause(public.streams) is
  'How long a room that moved stays where it is, 5 to 6 seconds: all have arrived before it moves again.';

create function private.raise_epoch(p_stream_id uuid, p_user_id uuid default null, p_check boolean default true)
returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
  v_topic text;
  v_raised boolean;
begin
  select * into v_stream from public.streams s where s.id = p_stream_id for no key update;
  if v_stream.id is null or v_stream.status <> 'live' then
    return false;
  end if;
  -- Who may no longer see it, counts no longer.
  delete from public.stream_viewers v using public.stream_members m
  where v.stream_id = p_stream_id and m.streamer_id = v_stream.streamer_id and m.user_id = v.user_id and m.banned_at is not null;
  v_topic := private.room_topic(v_stream);
  v_raised := coalesce(v_stream.epoch_raised_at <= clock_timestamp() - private.move_pause(v_stream), true);
  if v_raised then
    update public.streams s
    set epoch = s.epoch + 1, epoch_raised_at = clock_timestamp(), epoch_due = false, updated_at = clock_timestamp()
    where s.id = p_stream_id returning * into v_stream;
    perform realtime.send(jsonb_build_object('topic', private.room_topic(v_stream),
      'within_ms', (extract(epoch from private.move_spread(v_stream)) * 1000)::integer), 'moved', v_topic, true);
  else
    update public.streams s set epoch_due = true where s.id = p_stream_id;
  end if;
  if p_check then
    perform private.check_readers(v_topic, p_user_id);
  end if;
  return v_raised;
end
$$;
comment on function private.raise_epoch(uuid, uuid, boolean) is
  'Moves a live room to a new topic, so that whoever may no longer read it hears nothing more: tells "moved" {topic, within_ms} on the old one, and has the readers checked, or p_user_id alone where nobody else lost the right. Within move_pause() of the last time it is left to the worker, and false. Call it after writing who may not.';
