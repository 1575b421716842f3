-- The audit log with names beside ids, found by username too, exported in larger pages, and verified on demand.
create index audit_log_action_idx on public.audit_log (action, at, id);

create function private.user_named(p_text text) returns text
language sql stable security definer set search_path = ''
as $$
  select case when lower(p_text) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then lower(p_text)
    else coalesce((select p.id::text from public.profiles p where p.username = lower(p_text)), p_text) end
$$;
comment on function private.user_named(text) is 'The id of the user with that name; what is no name comes back as it is.';

create function private.audit_page(
  p_actor text, p_action text, p_subject_id text, p_from timestamptz, p_to timestamptz, p_limit integer, p_cursor text)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_actor text := private.user_named(p_actor);
  v_subject text := private.user_named(p_subject_id);
  v_actor_id uuid;
  v_items jsonb;
  v_more boolean;
  v_last_at timestamptz;
  v_last_id uuid;
begin
  if p_action !~ '^[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?$'
    or char_length(p_subject_id) > 200 or char_length(p_actor) > 200 then
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
  if v_actor ~ '^[0-9a-f-]{36}$' then
    v_actor_id := v_actor::uuid;
  elsif v_actor is not null then
    -- Nobody of that name.
    return jsonb_build_object('items', '[]'::jsonb, 'next_cursor', null);
  end if;
  with page as (
    select a.*, row_number() over (order by a.at desc, a.id desc) as place
    from public.audit_log a
    where (v_actor_id is null or a.actor = v_actor_id)
      and (v_subject is null or a.subject_id = v_subject)
      and (p_action is null or a.action = p_action
        or (strpos(p_action, '.') = 0 and split_part(a.action, '.', 1) = p_action))
      and (p_from is null or a.at >= p_from) and (p_to is null or a.at < p_to)
      and (v_last_at is null or (a.at, a.id) < (v_last_at, v_last_id))
    order by a.at desc, a.id desc
    limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', p.id, 'at', p.at, 'actor', p.actor, 'actor_name', actor.username, 'actor_role', p.actor_role,
      'session_id', p.session_id, 'action', p.action, 'subject_type', p.subject_type, 'subject_id', p.subject_id,
      'subject_name', subject.username, 'detail', p.detail, 'request_id', p.request_id, 'address', p.address,
      'seq', p.seq::text, 'hash', encode(p.hash, 'hex'))
    order by p.place) filter (where p.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from page p
  left join public.profiles actor on actor.id = p.actor
  left join public.profiles subject on p.subject_type = 'user' and subject.id::text = p.subject_id;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then
    (extract(epoch from (v_items -> -1 ->> 'at')::timestamptz) * 1000000)::bigint::text || ':' || (v_items -> -1 ->> 'id') end);
end
$$;

drop function public.audit_page(uuid, text, text, timestamptz, timestamptz, integer, text);
create function public.audit_page(
  p_actor text default null, p_action text default null, p_subject_id text default null,
  p_from timestamptz default null, p_to timestamptz default null,
  p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  end if;
  return private.audit_page(p_actor, p_action, p_subject_id, p_from, p_to, p_limit, p_cursor);
end
$$;
comment on function public.audit_page(text, text, text, timestamptz, timestamptz, integer, text) is
  'The audit log for administrators, newest first: {items, next_cursor}. p_actor and p_subject_id are ids or usernames, p_action is "thing.happened", or "thing" for all of it. seq is null until the row is sealed.';
grant execute on function public.audit_page(text, text, text, timestamptz, timestamptz, integer, text) to authenticated;

create function public.audit_export(
  p_actor text default null, p_action text default null, p_subject_id text default null,
  p_from timestamptz default null, p_to timestamptz default null,
  p_limit integer default 1000, p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1,000';
  end if;
  if p_cursor is null then
    perform private.audit('audit.exported', 'audit_log', null, jsonb_strip_nulls(jsonb_build_object(
      'actor', p_actor, 'action', p_action, 'subject_id', p_subject_id, 'from', p_from, 'to', p_to)));
  end if;
  return private.audit_page(p_actor, p_action, p_subject_id, p_from, p_to, p_limit, p_cursor);
end
$$;
comment on function public.audit_export(text, text, text, timestamptz, timestamptz, integer, text) is
  'The same in pages of up to 1,000 for files; the first page writes down that it was taken.';
grant execute on function public.audit_export(text, text, text, timestamptz, timestamptz, integer, text) to authenticated;

create function public.admin_verify_audit(p_from_seq text default '1') returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_verdict jsonb;
begin
  perform private.require_admin();
  if p_from_seq is null or p_from_seq !~ '^[1-9]\d{0,17}$' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The chain begins at 1';
  end if;
  v_verdict := public.verify_audit_chain(p_from_seq::bigint, null);
  if v_verdict ->> 'next_seq' is null then
    perform private.audit('audit.verified', 'audit_log', null, v_verdict);
  end if;
  return v_verdict;
end
$$;
comment on function public.admin_verify_audit(text) is
  'verify_audit_chain() for administrators, 10,000 rows a call; the end of the check is written down.';
grant execute on function public.admin_verify_audit(text) to authenticated;
