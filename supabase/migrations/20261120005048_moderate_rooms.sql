-- What moderators decide about people and messages. The streamer decides about everybody, moderators about viewers.
create function private.require_moderator(p_stream_id uuid, p_owner_alone boolean) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.require_room(p_stream_id, 'read');
begin
  if v_stream.streamer_id <> auth.uid() then
    if p_owner_alone then
      raise sqlstate 'PT403' using message = 'not_owner', detail = 'The streamer alone decides that';
    elsif not private.is_moderator(v_stream.streamer_id, auth.uid()) then
      raise sqlstate 'PT403' using message = 'forbidden', detail = 'The streamer and moderators decide that';
    end if;
  end if;
  return v_stream;
end
$$;
comment on function private.require_moderator(uuid, boolean) is
  'A room the caller, whose session lives, moderates or owns; raises not_found, banned, forbidden, not_owner.';

create function private.moderated_room(p_stream_id uuid, p_owner_alone boolean default false) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('room_moderate');
  perform private.require_user();
  return private.require_moderator(p_stream_id, p_owner_alone);
end
$$;
comment on function private.moderated_room(uuid, boolean) is
  'The same for what somebody asks: raises rate_limited and unauthenticated, too.';

create function private.log_room_act(p_stream public.streams, p_act text, p_subject_id uuid, p_detail jsonb default '{}') returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into public.stream_acts (streamer_id, stream_id, actor_id, act, subject_id, detail)
  values (p_stream.streamer_id, p_stream.id, auth.uid(), p_act, p_subject_id, p_detail);
  perform private.audit('room.' || p_act, 'stream', p_stream.id::text,
    jsonb_strip_nulls(jsonb_build_object('streamer_id', p_stream.streamer_id, 'user_id', p_subject_id)) || p_detail);
end
$$;
comment on function private.log_room_act(public.streams, text, uuid, jsonb) is
  'Writes what the caller did into the room''s log and the audit log.';

create function private.lock_subject(p_stream public.streams, p_user_id uuid) returns public.stream_members
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_member public.stream_members;
begin
  if p_user_id is null or not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  v_member := private.lock_person(p_stream.streamer_id, p_user_id);
  if p_user_id = p_stream.streamer_id or p_user_id = auth.uid()
    or (v_member.moderator_since is not null and auth.uid() <> p_stream.streamer_id) then
    raise sqlstate 'PT403' using message = 'cannot_moderate', detail = 'Nobody decides about the streamer, and the streamer alone about moderators';
  end if;
  insert into public.stream_members as m (streamer_id, user_id) values (p_stream.streamer_id, p_user_id)
  on conflict (streamer_id, user_id) do update set updated_at = clock_timestamp()
  returning * into v_member;
  return v_member;
end
$$;
comment on function private.lock_subject(public.streams, uuid) is
  'The row of somebody the caller may decide about, certain until the transaction ends; raises cannot_moderate, not_found.';

create function private.save_person(p_member public.stream_members) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.stream_members m set
    moderator_since = p_member.moderator_since, invited_at = p_member.invited_at, muted_until = p_member.muted_until,
    banned_at = p_member.banned_at, shadow_banned_at = p_member.shadow_banned_at, updated_at = clock_timestamp()
  where (m.streamer_id, m.user_id) = (p_member.streamer_id, p_member.user_id);
  return jsonb_build_object('person', jsonb_build_object(
    'user_id', p_member.user_id, 'username', private.member_name(p_member.user_id),
    'moderator', p_member.moderator_since is not null, 'invited', p_member.invited_at is not null,
    'muted_until', case when p_member.muted_until > clock_timestamp() then p_member.muted_until end,
    'banned', p_member.banned_at is not null, 'shadow_banned', p_member.shadow_banned_at is not null));
end
$$;
comment on function private.save_person(public.stream_members) is
  'Keeps what was decided about somebody whose row is locked: {person: {user_id, username, moderator, invited, muted_until, banned, shadow_banned}}.';

create function private.live_room(p_streamer_id uuid) returns public.streams
language sql stable security definer set search_path = ''
as $$ select s from public.streams s where s.streamer_id = p_streamer_id and s.status = 'live' $$;
comment on function private.live_room(uuid) is 'The room a streamer has live now, or null.';

create function public.mute_user(p_stream_id uuid, p_user_id uuid, p_seconds integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_seconds_max constant integer := 30 * 86400;
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_member public.stream_members;
begin
  if p_seconds is null or p_seconds not between 0 and v_seconds_max then
    raise sqlstate 'PT400' using message = 'bad_request', detail = format('A mute lasts 1 to %s seconds, and 0 ends it', v_seconds_max);
  end if;
  v_member := private.lock_subject(v_stream, p_user_id);
  v_member.muted_until := case when p_seconds > 0 then clock_timestamp() + make_interval(secs => p_seconds) end;
  perform private.log_room_act(v_stream, case when p_seconds > 0 then 'user_muted' else 'user_unmuted' end, p_user_id,
    case when p_seconds > 0 then jsonb_build_object('seconds', p_seconds) else '{}' end);
  return private.save_person(v_member);
end
$$;
comment on function public.mute_user(uuid, uuid, integer) is
  'Takes somebody''s voice in the streamer''s rooms for so many seconds, up to 30 days; 0 gives it back: {person}. Raises cannot_moderate, forbidden, not_found.';
grant execute on function public.mute_user(uuid, uuid, integer) to authenticated;

create function public.ban_user(p_stream_id uuid, p_user_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_member public.stream_members := private.lock_subject(v_stream, p_user_id);
  v_live public.streams;
begin
  if v_member.banned_at is null then
    v_member.banned_at := clock_timestamp();
    v_member.moderator_since := null;
    -- Before the epoch is raised: whoever is banned then is shut out.
    perform private.save_person(v_member);
    perform private.log_room_act(v_stream, 'user_banned', p_user_id);
    v_live := private.live_room(v_stream.streamer_id);
    if v_live.id is not null then
      -- On the topic everybody still reads; what is said later goes to the next one.
      perform private.send_to_room(v_live, 'message_removed', jsonb_build_object('user_id', p_user_id, 'removed', true));
      perform private.raise_epoch(v_live.id, p_user_id);
    end if;
  end if;
  return private.save_person(v_member);
end
$$;
comment on function public.ban_user(uuid, uuid) is
  'Shuts somebody out of all the streamer''s rooms, cuts the connection, and hides what was said there: {person}. Raises cannot_moderate, forbidden, not_found.';
grant execute on function public.ban_user(uuid, uuid) to authenticated;

create function public.unban_user(p_stream_id uuid, p_user_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_member public.stream_members := private.lock_subject(v_stream, p_user_id);
  v_live public.streams;
begin
  if v_member.banned_at is not null then
    v_member.banned_at := null;
    perform private.log_room_act(v_stream, 'user_unbanned', p_user_id);
    v_live := private.live_room(v_stream.streamer_id);
    if v_live.id is not null then
      perform private.send_to_room(v_live, 'message_removed', jsonb_build_object('user_id', p_user_id, 'removed', false));
    end if;
  end if;
  return private.save_person(v_member);
end
$$;
comment on function public.unban_user(uuid, uuid) is
  'Lets somebody in again, and shows again what was said: {person}. Raises cannot_moderate, forbidden, not_found.';
grant execute on function public.unban_user(uuid, uuid) to authenticated;

create function public.shadow_ban_user(p_stream_id uuid, p_user_id uuid, p_banned boolean default true) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_member public.stream_members := private.lock_subject(v_stream, p_user_id);
  v_moderated boolean := v_member.moderator_since is not null;
  v_person jsonb;
begin
  if p_banned is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say true or false';
  elsif (v_member.shadow_banned_at is not null) = p_banned then
    return private.save_person(v_member);
  end if;
  v_member.shadow_banned_at := case when p_banned then clock_timestamp() end;
  v_member.moderator_since := case when not p_banned then v_member.moderator_since end;
  perform private.log_room_act(v_stream, case when p_banned then 'user_shadow_banned' else 'user_unshadowed' end, p_user_id);
  v_person := private.save_person(v_member);
  perform private.move_private_room(v_stream, p_banned and v_moderated and v_member.invited_at is null);
  return v_person;
end
$$;
comment on function public.shadow_ban_user(uuid, uuid, boolean) is
  'From now on nobody else sees what somebody says in the streamer''s rooms, and nobody tells: {person}. Raises cannot_moderate, forbidden, not_found.';
grant execute on function public.shadow_ban_user(uuid, uuid, boolean) to authenticated;

create function public.set_moderator(p_stream_id uuid, p_user_id uuid, p_moderator boolean default true) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_moderators_max constant integer := 50;
  v_stream public.streams := private.moderated_room(p_stream_id, true);
  v_member public.stream_members := private.lock_subject(v_stream, p_user_id);
  v_person jsonb;
begin
  if p_moderator is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say true or false';
  elsif (v_member.moderator_since is not null) = p_moderator then
    return private.save_person(v_member);
  elsif p_moderator and (v_member.banned_at is not null or v_member.shadow_banned_at is not null) then
    raise sqlstate 'PT403' using message = 'cannot_moderate', detail = 'End the ban first';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('room_people' || v_stream.streamer_id::text, 0));
  if p_moderator and v_moderators_max <= (
    select count(*) from public.stream_members m
    where m.streamer_id = v_stream.streamer_id and m.moderator_since is not null) then
    raise sqlstate 'PT409' using message = 'people_limit', detail = format('A streamer has %s moderators at most', v_moderators_max);
  end if;
  v_member.moderator_since := case when p_moderator then clock_timestamp() end;
  perform private.log_room_act(v_stream, case when p_moderator then 'moderator_made' else 'moderator_unmade' end, p_user_id);
  v_person := private.save_person(v_member);
  perform private.move_private_room(v_stream, not p_moderator and v_member.invited_at is null);
  return v_person;
end
$$;
comment on function public.set_moderator(uuid, uuid, boolean) is
  'Makes somebody a moderator of the streamer''s rooms, or no longer: {person}. The streamer''s alone. Raises not_owner, cannot_moderate, people_limit, not_found.';
grant execute on function public.set_moderator(uuid, uuid, boolean) to authenticated;

create function private.move_private_room(p_stream public.streams, p_someone_left boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_live public.streams := private.live_room(p_stream.streamer_id);
begin
  if p_someone_left and v_live.visibility = 'private' then
    perform private.raise_epoch(v_live.id);
  end if;
end
$$;
comment on function private.move_private_room(public.streams, boolean) is
  'Cuts whoever may no longer see the streamer''s private room.';

create function public.invite_user(p_stream_id uuid, p_user_id uuid, p_invited boolean default true) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_invited_max constant integer := 1000;
  v_stream public.streams := private.moderated_room(p_stream_id, true);
  v_member public.stream_members := private.lock_subject(v_stream, p_user_id);
  v_person jsonb;
begin
  if p_invited is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say true or false';
  elsif (v_member.invited_at is not null) = p_invited then
    return private.save_person(v_member);
  end if;
  perform pg_advisory_xact_lock(hashtextextended('room_people' || v_stream.streamer_id::text, 0));
  if p_invited and v_invited_max <= (
    select count(*) from public.stream_members m
    where m.streamer_id = v_stream.streamer_id and m.invited_at is not null) then
    raise sqlstate 'PT409' using message = 'people_limit', detail = format('A streamer invites %s users at most', v_invited_max);
  end if;
  v_member.invited_at := case when p_invited then clock_timestamp() end;
  perform private.log_room_act(v_stream, case when p_invited then 'user_invited' else 'user_uninvited' end, p_user_id);
  v_person := private.save_person(v_member);
  perform private.move_private_room(v_stream, not p_invited and v_member.moderator_since is null);
  return v_person;
end
$$;
comment on function public.invite_user(uuid, uuid, boolean) is
  'Lets somebody into the streamer''s private rooms, or no longer: {person}. The streamer''s alone. Raises not_owner, cannot_moderate, people_limit, not_found.';
grant execute on function public.invite_user(uuid, uuid, boolean) to authenticated;
