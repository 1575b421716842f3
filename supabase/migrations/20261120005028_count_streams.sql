-- What became of a stream, in numbers.
create function public.stream_stats(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A day and a night; of longer streams the last part.
  v_minutes_max constant integer := 1440;
  v_viewer uuid := private.live_user();
  v_stream public.streams;
begin
  -- It counts what is said.
  perform private.require_rate('rooms_read', null, 5);
  v_stream := private.require_room(p_stream_id, 'read');
  return jsonb_build_object(
    'stream_id', v_stream.id, 'status', upper(v_stream.status),
    'viewer_count', v_stream.viewer_count, 'peak_viewers', v_stream.peak_viewers,
    'duration_seconds', floor(extract(epoch from coalesce(v_stream.ended_at, clock_timestamp()) - v_stream.started_at))::integer,
    'minutes', (
      select coalesce(jsonb_agg(jsonb_build_object('at', n.at, 'viewers', n.viewers) order by n.at), '[]')
      from (
        select m.at, m.viewers from public.stream_minutes m where m.stream_id = v_stream.id order by m.at desc limit v_minutes_max) as n),
    -- Whoever is hidden from all others does not learn it here.
    'messages', (
      select count(*) from public.stream_messages m
      where m.stream_id = v_stream.id and m.removed_at is null and (not m.shadowed or m.user_id = v_viewer))::integer,
    'chatters', (
      select count(distinct m.user_id) from public.stream_messages m
      where m.stream_id = v_stream.id and m.removed_at is null and (not m.shadowed or m.user_id = v_viewer))::integer,
    -- What somebody earns is theirs to tell.
    'tips', case when private.room_role(v_stream, v_viewer) = 'streamer' then (
      select jsonb_build_object('count', count(*)::integer, 'amount', coalesce(trim_scale(sum(t.amount)), 0)::text,
        'fee', coalesce(trim_scale(sum(t.fee)), 0)::text)
      from public.stream_tips t where t.stream_id = v_stream.id) end,
    'followers_gained', (
      select count(*) from public.stream_follows f
      where f.streamer_id = v_stream.streamer_id
        and f.followed_at between v_stream.started_at and coalesce(v_stream.ended_at, 'infinity'))::integer);
end
$$;
comment on function public.stream_stats(uuid) is
  'A stream in numbers: {stream_id, status, viewer_count, peak_viewers, duration_seconds, minutes: [{at, viewers}], messages, chatters, tips: {count, amount, fee} for its owner and else null, followers_gained}. Raises not_found, banned.';
grant execute on function public.stream_stats(uuid) to anon, authenticated;
