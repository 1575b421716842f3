-- How the ledger's last full check went, so that nobody has to run one to know.
create table public.ledger_checks (
  only_row boolean primary key default true check (only_row),
  checked_at timestamptz not null,
  took_ms integer not null check (took_ms >= 0),
  violations integer not null check (violations >= 0),
  -- The first of them: {violation, subject}.
  samples jsonb not null default '[]' check (jsonb_typeof(samples) = 'array' and pg_column_size(samples) <= 16384),
  -- Since when every check has found something.
  broken_since timestamptz,
  check ((violations > 0) = (broken_since is not null))
);
alter table public.ledger_checks enable row level security;
revoke all on public.ledger_checks from anon, authenticated, service_role;

create function public.check_ledger(p_token integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
-- It reads every entry there is.
set statement_timeout = '120s'
as $$
declare
  v_samples_max constant integer := 20;
  v_began timestamptz := clock_timestamp();
  v_now timestamptz;
  v_violations integer;
  v_samples jsonb;
  v_row public.ledger_checks;
begin
  with found as (select v.violation, left(v.subject, 200) as subject, row_number() over () as n from public.ledger_check() v)
  select count(*)::integer,
    coalesce(jsonb_agg(jsonb_build_object('violation', f.violation, 'subject', f.subject)) filter (where f.n <= v_samples_max), '[]')
  into v_violations, v_samples from found f;
  -- Asked for at the end: a lease must not be kept from its next holder for as long as the check takes.
  perform private.require_lease('books', p_token);
  v_now := clock_timestamp();
  insert into public.ledger_checks as c (checked_at, took_ms, violations, samples, broken_since)
  values (v_now, ceil(extract(epoch from v_now - v_began) * 1000)::integer, v_violations, v_samples,
    case when v_violations > 0 then v_now end)
  on conflict (only_row) do update
    set checked_at = excluded.checked_at, took_ms = excluded.took_ms, violations = excluded.violations,
        samples = excluded.samples,
        broken_since = case when excluded.violations > 0 then coalesce(c.broken_since, excluded.broken_since) end
  returning * into v_row;
  -- Told once, not at every check until it is mended.
  if v_row.broken_since = v_now then
    perform private.notify_user(a.user_id, 'ledger_broken', jsonb_build_object('violations', v_violations)) from public.admins a;
    perform private.audit('ledger.check_failed', 'ledger', 'all', jsonb_build_object('violations', v_violations, 'samples', v_samples));
  end if;
  return private.ledger_check_state();
end
$$;

create function private.ledger_check_state() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('checked_at', c.checked_at, 'took_ms', c.took_ms, 'violations', c.violations,
    'samples', c.samples, 'broken_since', c.broken_since)
  from public.ledger_checks c
$$;
comment on function public.check_ledger(integer) is
  'Runs ledger_check() under the lease books and keeps its outcome: {checked_at, took_ms, violations, samples, broken_since}. Administrators are told when it begins to find something. Raises stale_lease.';
grant execute on function public.check_ledger(integer) to service_role;
