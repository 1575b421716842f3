-- Frames a feed could not take: kept raw, so that somebody can see what an exchange really sent.
create table public.quarantined_frames (
  id uuid primary key default private.uuid_v7(),
  exchange text not null check (exchange ~ '^[a-z][a-z0-9]{0,31}$'),
  reason text not null check (reason ~ '^[a-z][a-z0-9_]{0,39}$'),
  -- Bytes the frame had; raw holds its beginning.
  bytes bigint not null check (bytes >= 0),
  raw text not null check (char_length(raw) <= 16384),
  received_at timestamptz not null
);
create index quarantined_frames_exchange_idx on public.quarantined_frames (exchange, id desc);
alter table public.quarantined_frames enable row level security;
revoke all on public.quarantined_frames from anon, authenticated, service_role;

create function public.record_quarantine(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- An exchange gone mad must not fill the disk: the newest frames are kept.
  v_frames_max constant integer := 1000;
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.quarantined_frames (exchange, reason, bytes, raw, received_at)
  select p_exchange, r.reason, r.bytes, left(r.raw, 16384), private.from_unix_ms(r.received_ms)
  from jsonb_to_recordset(p_rows) as r(reason text, bytes bigint, raw text, received_ms bigint);
  get diagnostics v_count = row_count;
  delete from public.quarantined_frames q where q.exchange = p_exchange and q.id <= (
    select x.id from public.quarantined_frames x where x.exchange = p_exchange
    order by x.id desc offset v_frames_max limit 1);
  return v_count;
end
$$;
comment on function public.record_quarantine(text, integer, jsonb) is
  'Keeps frames {reason,bytes,raw,received_ms} that could not be taken under the lease feed:<exchange>; the newest 1,000 stay.';
grant execute on function public.record_quarantine(text, integer, jsonb) to service_role;

create function public.quarantine_page(p_exchange text default null, p_limit integer default 50, p_cursor uuid default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('id', q.id, 'exchange', q.exchange, 'reason', q.reason,
      'bytes', q.bytes::text, 'raw', q.raw, 'received_at', q.received_at) order by q.id desc)
      filter (where q.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from (
    select x.*, row_number() over (order by x.id desc) as place from public.quarantined_frames x
    where (p_exchange is null or x.exchange = p_exchange) and (p_cursor is null or x.id < p_cursor)
    order by x.id desc limit p_limit + 1) as q;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.quarantine_page(text, integer, uuid) is
  'Quarantined frames for administrators, newest first: {items, next_cursor}.';
grant execute on function public.quarantine_page(text, integer, uuid) to authenticated;
