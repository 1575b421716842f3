-- What the worker that holds the lease rooms does, a few times a second at most: it counts viewers and tells rooms, ends rooms
-- whose streamer is gone, and raises the epochs that wait.
create function private.count_viewers() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A room hears of its viewers once a second at most.
  v_apart_min constant interval := '990 milliseconds';
  v_told integer := 0;
  v record;
begin
  for v in
    with counts as (
      -- Of several tabs a user is one viewer.
      select w.stream_id, count(distinct coalesce(w.user_id, w.tab_id))::integer as viewers
      from public.stream_viewers w where w.expires_at > clock_timestamp() group by w.stream_id
    ), held as (
      -- A room in which somebody writes just now is counted the next time.
      select s.id, s.viewer_count as before, coalesce(c.viewers, 0) as viewers
      from public.streams s left join counts c on c.stream_id = s.id
      where s.status = 'live' and coalesce(s.counted_at <= clock_timestamp() - v_apart_min, true)
        and s.viewer_count <> coalesce(c.viewers, 0)
      order by s.id for no key update of s skip locked
    ), told as (
      update public.streams s
      set viewer_count = h.viewers, peak_viewers = greatest(s.peak_viewers, h.viewers), counted_at = clock_timestamp()
      from held h where s.id = h.id
      returning s.id, s.epoch, h.before, h.viewers
    )
    select * from told
  loop
    perform realtime.send(jsonb_build_object('viewer_count', v.viewers), e.event, 'room:' || v.id::text || ':' || v.epoch::text, true)
    from unnest(array[case when v.viewers > v.before then 'viewer_joined' else 'viewer_left' end, 'viewer_count']) as e(event);
    v_told := v_told + 1;
  end loop;
  -- One row a minute and room, and again when more came within it.
  insert into public.stream_minutes as m (stream_id, at, viewers)
  select s.id, date_trunc('minute', clock_timestamp(), 'UTC'), s.viewer_count from public.streams s
  where s.status = 'live' and not exists (
    select 1 from public.stream_minutes x
    where x.stream_id = s.id and x.at = date_trunc('minute', clock_timestamp(), 'UTC') and x.viewers >= s.viewer_count)
  on conflict (stream_id, at) do update set viewers = greatest(m.viewers, excluded.viewers);
  return v_told;
end
$$;
comment on function private.count_viewers() is
  'Counts the viewers of live rooms and tells those where their number changed viewer_joined or viewer_left, and viewer_count, each {viewer_count}; returns how many rooms. One worker at a time.';

create function private.end_abandoned_rooms() returns integer
language sql volatile security definer set search_path = ''
as $$
  with gone as (
    select s.id from public.streams s
    where s.status = 'live' and s.streamer_seen_at < clock_timestamp() - interval '2 minutes'
    order by s.id limit 100 for no key update skip locked
  ), ended as (
    update public.streams s set status = 'ended' from gone g where s.id = g.id returning 1
  )
  select count(*)::integer from ended
$$;
comment on function private.end_abandoned_rooms() is
  'Ends up to 100 live rooms whose streamer said nothing for two minutes; returns how many.';

create function private.untold_messages() returns integer
language sql volatile security definer set search_path = ''
as $$
  with counted as (
    select case when m.is_called then m.last_value else 0 end as said from private.room_messages m
  ), before as (
    select t.told from private.room_messages_told t for no key update
  ), told as (
    update private.room_messages_told t set told = c.said from counted c where t.told <> c.said
  )
  select (c.said - b.told)::integer from counted c, before b
$$;
comment on function private.untold_messages() is
  'How many messages were said in all rooms since this was last asked; those by the shadow banned do not count.';

create function public.rooms_due(p_token integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_expired_max constant integer := 5000;
  v_raised_max constant integer := 100;
  v_expired integer;
  v_told integer;
  v_ended integer;
  v_raised integer := 0;
  v_id uuid;
begin
  perform private.require_lease('rooms', p_token);
  delete from public.stream_viewers v where (v.stream_id, v.tab_id) in (
    select x.stream_id, x.tab_id from public.stream_viewers x
    where x.expires_at <= clock_timestamp() limit v_expired_max for update skip locked);
  get diagnostics v_expired = row_count;
  v_ended := private.end_abandoned_rooms();
  for v_id in
    select s.id from public.streams s
    where s.status = 'live' and s.epoch_due and s.epoch_raised_at <= clock_timestamp() - private.move_pause(s)
    order by s.id limit v_raised_max for no key update skip locked
  loop
    -- Who may no longer read it has been cut already; the others are not cut for being on their way.
    v_raised := v_raised + private.raise_epoch(v_id, p_check => false)::integer;
  end loop;
  v_told := private.count_viewers();
  -- Nobody came.
  delete from public.streams s where s.status = 'scheduled' and s.scheduled_for < now() - interval '1 day';
  return jsonb_build_object(
    'rooms', (select count(*) from public.streams s where s.status = 'live')::integer,
    'viewers', (select coalesce(sum(s.viewer_count), 0) from public.streams s where s.status = 'live')::integer,
    'messages', private.untold_messages(),
    'told', v_told, 'expired', v_expired, 'ended', v_ended, 'raised', v_raised);
end
$$;
comment on function public.rooms_due(integer) is
  'Under the lease rooms, once a second: drops viewers who are gone, ends rooms whose streamer is gone for two minutes, raises the epochs that wait, counts viewers and tells rooms; forgets what was scheduled a day ago and never begun. {rooms, viewers, messages (since the last turn), told, expired, ended, raised}.';
grant execute on function public.rooms_due(integer) to service_role;
