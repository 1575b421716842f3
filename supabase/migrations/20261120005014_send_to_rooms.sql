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

create function private.check_readers(p_topic text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- The embedded server's own; a hosted one has no such thing, and relies on the epoch.
  if to_regprocedure('realtime.reauthorize(text)') is not null then
    execute 'select realtime.reauthorize($1)' using p_topic;
  end if;
end
$$;
comment on function private.check_readers(text) is
  'Has the embedded Realtime check a topic''s readers again when the transaction commits.';

create function private.raise_epoch(p_stream_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- All readers move each time.
  v_apart_min constant interval := '5 seconds';
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
  v_raised := coalesce(v_stream.epoch_raised_at <= clock_timestamp() - v_apart_min, true);
  if v_raised then
    update public.streams s
    set epoch = s.epoch + 1, epoch_raised_at = clock_timestamp(), epoch_due = false, updated_at = clock_timestamp()
    where s.id = p_stream_id returning * into v_stream;
    perform realtime.send(jsonb_build_object('topic', private.room_topic(v_stream)), 'moved', v_topic, true);
  else
    update public.streams s set epoch_due = true where s.id = p_stream_id;
  end if;
  perform private.check_readers(v_topic);
  return v_raised;
end
$$;
comment on function private.raise_epoch(uuid) is
  'Moves a live room to a new topic, so that whoever may no longer read it hears nothing more: tells "moved" {topic} on the old one and has its readers checked. Within five seconds of the last time it is left to the worker, and false. Call it after writing who may not.';
