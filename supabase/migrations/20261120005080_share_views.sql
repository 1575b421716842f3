-- The chart a streamer shows, as data: viewers draw it themselves.
create function private.clean_drawing(p_drawing jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  v_text_chars_max constant integer := 200;
  v_kind text := p_drawing ->> 'kind';
  v_text text := '';
  v_points jsonb;
begin
  if jsonb_typeof(p_drawing) is distinct from 'object' or jsonb_typeof(p_drawing -> 'points') is distinct from 'array'
    or jsonb_typeof(p_drawing -> 'id') is distinct from 'string' or p_drawing ->> 'id' !~ '^[A-Za-z0-9_-]{1,40}$'
    or coalesce(v_kind, '') not in ('trend', 'level', 'note')
    or jsonb_array_length(p_drawing -> 'points') <> (case v_kind when 'trend' then 2 else 1 end) then
    return null;
  end if;
  if coalesce(p_drawing ->> 'text', '') <> '' then
    v_text := private.clean_message(p_drawing ->> 'text', v_text_chars_max);
  end if;
  -- A point is a time in Unix milliseconds and a price as text.
  select jsonb_agg(jsonb_build_object('t', p -> 't', 'p', p -> 'p')) into v_points
  from jsonb_array_elements(p_drawing -> 'points') as p
  where jsonb_typeof(p) = 'object' and jsonb_typeof(p -> 't') = 'number' and p ->> 't' ~ '^[0-9]{1,15}$'
    and jsonb_typeof(p -> 'p') = 'string' and p ->> 'p' ~ '^[0-9]{1,15}(\.[0-9]{1,18})?$';
  if v_text is null or coalesce(jsonb_array_length(v_points), 0) <> jsonb_array_length(p_drawing -> 'points') then
    return null;
  end if;
  return jsonb_build_object('id', p_drawing -> 'id', 'kind', v_kind, 'points', v_points, 'text', v_text);
end
$$;
comment on function private.clean_drawing(jsonb) is
  'A drawing {id, kind: trend | level | note, points: [{t, p}], text} with nothing else in it; null for what is none.';

create function private.clean_view(p_view jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_drawings_max constant integer := 50;
  v_bytes_max constant integer := 16384;
  v_drawings jsonb;
  v_view jsonb;
begin
  -- What is much larger than it may become is not looked at.
  if jsonb_typeof(p_view) is distinct from 'object' or pg_column_size(p_view) > 4 * v_bytes_max
    -- A number that reads like a name is none: viewers would get it as a number.
    or exists (
      select 1 from unnest(array['exchange', 'symbol', 'timeframe']) as k where jsonb_typeof(p_view -> k) is distinct from 'string')
    or p_view ->> 'exchange' !~ '^[a-z][a-z0-9]{0,31}$'
    or p_view ->> 'symbol' !~ '^[A-Z0-9.-]{1,40}$'
    or p_view ->> 'timeframe' not in ('1m', '5m', '15m', '1h', '4h', '1d')
    or coalesce(jsonb_typeof(p_view -> 'range'), 'null') not in ('object', 'null')
    or coalesce(jsonb_typeof(p_view -> 'drawings'), 'array') <> 'array'
    or jsonb_array_length(coalesce(p_view -> 'drawings', '[]')) > v_drawings_max then
    return null;
  elsif jsonb_typeof(p_view -> 'range') = 'object' and (
    coalesce(p_view -> 'range' ->> 'from', '') !~ '^[0-9]{1,15}$' or coalesce(p_view -> 'range' ->> 'to', '') !~ '^[0-9]{1,15}$'
    or (p_view -> 'range' ->> 'from')::bigint >= (p_view -> 'range' ->> 'to')::bigint) then
    return null;
  end if;
  select coalesce(jsonb_agg(private.clean_drawing(d)), '[]') into v_drawings
  from jsonb_array_elements(coalesce(p_view -> 'drawings', '[]')) as d;
  v_view := jsonb_build_object('exchange', p_view -> 'exchange', 'symbol', p_view -> 'symbol', 'timeframe', p_view -> 'timeframe',
    'range', case when jsonb_typeof(p_view -> 'range') = 'object' then jsonb_build_object(
      'from', (p_view -> 'range' ->> 'from')::bigint, 'to', (p_view -> 'range' ->> 'to')::bigint) end,
    'drawings', v_drawings);
  if v_drawings @> '[null]' or pg_column_size(v_view) > v_bytes_max then
    return null;
  end if;
  return v_view;
end
$$;
comment on function private.clean_view(jsonb) is
  'A view {exchange, symbol, timeframe, range: {from, to} | null, drawings} with nothing else in it; null for what is none. Times are Unix milliseconds.';

create function public.set_view(p_stream_id uuid, p_view jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid;
  v_stream public.streams;
  v_view jsonb;
begin
  perform private.require_rate('room_view');
  v_user_id := private.require_user();
  v_stream := private.require_room(p_stream_id, 'read');
  if v_stream.streamer_id <> v_user_id then
    raise sqlstate 'PT403' using message = 'not_owner', detail = 'The streamer alone shares a chart';
  end if;
  v_view := private.clean_view(p_view);
  if v_view is null then
    raise sqlstate 'PT400' using message = 'invalid_view',
      detail = 'A view has exchange, symbol, timeframe, range and up to 50 drawings, 16 kB at most';
  elsif not exists (
    select 1 from public.symbols s where s.exchange = v_view ->> 'exchange' and s.symbol = v_view ->> 'symbol') then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such market';
  end if;
  update public.streams s set view = v_view, view_seq = s.view_seq + 1, view_at = clock_timestamp()
  where s.id = p_stream_id and s.status = 'live' returning * into v_stream;
  if not found then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The room is not live';
  end if;
  perform private.send_to_room(v_stream, 'view', jsonb_build_object('seq', v_stream.view_seq, 'view', v_view));
  return jsonb_build_object('seq', v_stream.view_seq);
end
$$;
comment on function public.set_view(uuid, jsonb) is
  'Shows the caller''s viewers another chart, twice a second at most: {seq}. Raises invalid_view, unknown_symbol, not_owner, stream_ended, rate_limited, not_found.';
grant execute on function public.set_view(uuid, jsonb) to authenticated;
