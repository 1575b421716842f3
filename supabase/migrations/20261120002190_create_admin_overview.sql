-- What an operator looks at first, in one call.
create table public.audit_checks (
  only_row boolean primary key default true check (only_row),
  checked_at timestamptz not null,
  seq bigint not null check (seq >= 0),
  -- Null while the chain holds.
  bad_seq bigint,
  reason text check (char_length(reason) <= 60),
  -- When the head last got out to every place it is kept at, and which one.
  exported_at timestamptz,
  exported_seq bigint,
  check (num_nulls(bad_seq, reason) in (0, 2))
);
alter table public.audit_checks enable row level security;
revoke all on public.audit_checks from anon, authenticated, service_role;

create function public.note_audit_check(
  p_lease_token integer, p_seq text, p_exported boolean, p_bad_seq text default null, p_reason text default null)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_lease('audit', p_lease_token);
  insert into public.audit_checks as c (checked_at, seq, bad_seq, reason, exported_at, exported_seq)
  values (clock_timestamp(), p_seq::bigint, p_bad_seq::bigint, left(p_reason, 60),
    case when p_exported then clock_timestamp() end, case when p_exported then p_seq::bigint end)
  on conflict (only_row) do update
    set checked_at = excluded.checked_at, seq = excluded.seq, bad_seq = excluded.bad_seq, reason = excluded.reason,
        exported_at = coalesce(excluded.exported_at, c.exported_at),
        exported_seq = coalesce(excluded.exported_seq, c.exported_seq);
end
$$;
comment on function public.note_audit_check(integer, text, boolean, text, text) is
  'Tells administrators how the audit keeper''s last check went and whether the head got out. For show: what counts is outside the database.';
grant execute on function public.note_audit_check(integer, text, boolean, text, text) to service_role;

create function private.audit_state() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select public.audit_head() || jsonb_build_object(
    'checked_at', c.checked_at, 'bad_seq', c.bad_seq::text, 'reason', c.reason,
    'exported_at', c.exported_at, 'exported_seq', c.exported_seq::text)
  from (select 1) as one left join public.audit_checks c on true
$$;

create function public.admin_overview() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- Beyond that a number says no more than "very many".
  v_count_max constant integer := 10000;
begin
  perform private.require_admin();
  return jsonb_build_object(
    'users', (select count(*)::integer from public.profiles),
    'users_new', (select count(*)::integer from public.profiles p where p.created_at >= date_trunc('day', now(), 'utc')),
    'admins', (select count(*)::integer from public.admins),
    'kyc_pending', (select count(*)::integer from public.profiles p where p.kyc_status = 'pending'),
    'sessions', (select count(*)::integer from auth.sessions s where s.not_after is null or s.not_after > now()),
    'sign_ins_failed', (select count(*)::integer from (
      select 1 from public.audit_log a
      where a.at >= now() - interval '1 hour' and a.action like 'auth.%' and a.action ~ '_(refused|failed)$'
      limit v_count_max) as f),
    -- A refused call leaves nothing behind, so who is at a limit now is what can be told.
    'rate_limited', (select count(*)::integer from (
      select 1 from public.rate_limits b join public.rate_limit_rules r on r.name = b.rule
      where b.refilled_at >= now() - interval '1 hour'
        and b.tokens + greatest(0, extract(epoch from now() - b.refilled_at))
          * r.refill_per_s * (case b.key when 'shared' then r.shared_factor::numeric / r.shards else 1 end) < r.cost
      limit v_count_max) as l),
    'jobs_waiting', (select count(*)::integer from public.auth_jobs j where j.status in ('queued', 'running')),
    'jobs_failed', (select count(*)::integer from public.auth_jobs j where j.status = 'failed'),
    'audit', private.audit_state(),
    'feeds', (select coalesce(jsonb_agg(jsonb_build_object(
      'exchange', f.exchange, 'state', f.state, 'sockets', f.sockets, 'streams', f.streams,
      'last_event_at', f.last_event_at, 'updated_at', f.updated_at) order by f.exchange), '[]')
      from public.feed_status f));
end
$$;
comment on function public.admin_overview() is
  'What an operator looks at first: counts of users, sessions, refusals and jobs, the audit chain''s state and the feeds''.';
grant execute on function public.admin_overview() to authenticated;

create function public.admin_audit_state() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  return private.audit_state();
end
$$;
comment on function public.admin_audit_state() is
  'The audit chain''s end and its last check: {seq, hash, sealed_at, unsealed, checked_at, bad_seq, reason, exported_at, exported_seq}.';
grant execute on function public.admin_audit_state() to authenticated;
