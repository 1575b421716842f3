-- What administrators see of the audit log.
create function public.audit_page(
  p_actor uuid default null, p_action text default null, p_subject_id text default null,
  p_from timestamptz default null, p_to timestamptz default null,
  p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
  v_last_at timestamptz;
  v_last_id uuid;
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_action !~ '^[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?$' or char_length(p_subject_id) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'An action is "thing" or "thing.happened"';
  elsif p_from > p_to then
    raise sqlstate 'PT400' using message = 'invalid_range', detail = 'from is later than to';
  elsif p_cursor is not null then
    if p_cursor !~ '^\d{1,17}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
      raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
    end if;
    v_last_at := timestamptz 'epoch' + split_part(p_cursor, ':', 1)::bigint * interval '1 microsecond';
    v_last_id := split_part(p_cursor, ':', 2)::uuid;
  end if;
  with page as (
    select a.*, row_number() over (order by a.at desc, a.id desc) as place
    from public.audit_log a
    where (p_actor is null or a.actor = p_actor)
      and (p_subject_id is null or a.subject_id = p_subject_id)
      and (p_action is null or a.action = p_action or split_part(a.action, '.', 1) = p_action)
      and (p_from is null or a.at >= p_from) and (p_to is null or a.at < p_to)
      and (v_last_at is null or (a.at, a.id) < (v_last_at, v_last_id))
    order by a.at desc, a.id desc
    limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', p.id, 'at', p.at, 'actor', p.actor, 'actor_role', p.actor_role, 'session_id', p.session_id,
      'action', p.action, 'subject_type', p.subject_type, 'subject_id', p.subject_id, 'detail', p.detail,
      'request_id', p.request_id, 'address', p.address, 'seq', p.seq::text)
    order by p.place) filter (where p.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page p;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then
    (extract(epoch from (v_items -> -1 ->> 'at')::timestamptz) * 1000000)::bigint::text || ':' || (v_items -> -1 ->> 'id') end);
end
$$;
comment on function public.audit_page(uuid, text, text, timestamptz, timestamptz, integer, text) is
  'The audit log for administrators, newest first: {items, next_cursor}. p_action is "thing.happened", or "thing" for all of it. seq is null until the row is sealed.';
grant execute on function public.audit_page(uuid, text, text, timestamptz, timestamptz, integer, text) to authenticated;
