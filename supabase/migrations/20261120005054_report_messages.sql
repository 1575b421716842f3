-- What viewers report, for moderators to decide about.
create function public.report_message(p_stream_id uuid, p_message_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_reason_chars_max constant integer := 200;
  -- More would tell the moderators nothing more.
  v_reports_max constant integer := 20;
  v_user_id uuid;
  v_stream public.streams;
  v_id uuid;
begin
  perform private.require_rate('room_report');
  v_user_id := private.require_user();
  v_stream := private.require_room(p_stream_id, 'read');
  if not exists (
    select 1 from public.stream_messages m
    where m.id = p_message_id and m.stream_id = p_stream_id and not m.shadowed and m.removed_at is null
      and m.user_id is distinct from v_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such message of somebody else';
  end if;
  if (select count(*) from (
      select 1 from public.stream_reports r where r.message_id = p_message_id limit v_reports_max) as r) < v_reports_max then
    insert into public.stream_reports (stream_id, message_id, reporter_id, reason)
    values (p_stream_id, p_message_id, v_user_id, private.require_message(p_reason, v_reason_chars_max))
    on conflict (message_id, reporter_id) do nothing
    returning id into v_id;
    if v_id is not null then
      perform private.audit('room.message_reported', 'stream', p_stream_id::text,
        jsonb_build_object('streamer_id', v_stream.streamer_id, 'report_id', v_id, 'message_id', p_message_id));
    end if;
  end if;
  return jsonb_build_object('reported', true);
end
$$;
comment on function public.report_message(uuid, uuid, text) is
  'Reports somebody else''s message to the room''s moderators, once: {reported: true}. Raises invalid_message for the reason, not_found.';
grant execute on function public.report_message(uuid, uuid, text) to authenticated;

create function public.reports_page(
  p_stream_id uuid, p_status text default 'open', p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.moderated_room(p_stream_id);
  v_items jsonb;
  v_more boolean;
begin
  perform private.check_page(p_limit, p_cursor);
  if p_status is null or p_status not in ('open', 'kept', 'removed') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A status is open, kept or removed';
  end if;
  with page as (
    select r.*, row_number() over (order by r.id) as place from public.stream_reports r
    where r.stream_id = p_stream_id and r.status = p_status and (p_cursor is null or r.id > p_cursor::uuid)
    order by r.id limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'reason', g.reason, 'status', g.status, 'created_at', g.created_at,
      'reporter_id', g.reporter_id, 'reporter_name', private.member_name(g.reporter_id),
      'decided_by_name', private.member_name(g.decided_by), 'decided_at', g.decided_at,
      'message', private.messages_json(v_stream, array[g.message_id], null, true) -> 0)
      order by g.place) filter (where g.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.reports_page(uuid, text, integer, text) is
  'What was reported in a room, oldest first: {items: [{id, reason, status, created_at, reporter_id, reporter_name, decided_by_name, decided_at, message}], next_cursor}. For moderators. Raises forbidden, not_found.';
grant execute on function public.reports_page(uuid, text, integer, text) to authenticated;

create function public.decide_report(p_report_id uuid, p_remove boolean) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_moderator uuid := auth.uid();
  v_report public.stream_reports;
  v_stream public.streams;
  v_decided integer;
begin
  perform private.require_rate('room_moderate');
  perform private.require_user();
  select * into v_report from public.stream_reports r where r.id = p_report_id;
  -- To strangers a report there is and one there is not look alike.
  if not found or not private.is_moderator(
    (select s.streamer_id from public.streams s where s.id = v_report.stream_id), v_moderator) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such report';
  end if;
  v_stream := private.require_moderator(v_report.stream_id, false);
  if p_remove is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say whether the message is removed';
  end if;
  if v_moderator <> v_stream.streamer_id and exists (
    select 1 from public.stream_messages m where m.id = v_report.message_id and m.user_id = v_moderator) then
    raise sqlstate 'PT403' using message = 'cannot_moderate', detail = 'Others decide what is reported about you';
  elsif p_remove then
    perform private.hide_message(v_stream, v_report.message_id, true);
  end if;
  -- All that was reported about the message is decided with it.
  update public.stream_reports r
  set status = case when p_remove then 'removed' else 'kept' end, decided_by = v_moderator, decided_at = clock_timestamp()
  where r.message_id = v_report.message_id and r.status = 'open';
  get diagnostics v_decided = row_count;
  if v_decided > 0 then
    perform private.log_room_act(v_stream, case when p_remove then 'report_upheld' else 'report_dismissed' end,
      (select m.user_id from public.stream_messages m where m.id = v_report.message_id),
      jsonb_build_object('message_id', v_report.message_id, 'reports', v_decided));
  end if;
  select * into v_report from public.stream_reports r where r.id = p_report_id;
  return jsonb_build_object('report', jsonb_build_object('id', v_report.id, 'status', v_report.status,
    'message_id', v_report.message_id, 'decided_at', v_report.decided_at));
end
$$;
comment on function public.decide_report(uuid, boolean) is
  'Removes the reported message or keeps it, and decides all reports about it: {report: {id, status, message_id, decided_at}}. For moderators. Raises cannot_moderate, not_found.';
grant execute on function public.decide_report(uuid, boolean) to authenticated;
