-- What only Auth's admin API can do, queued for the worker.
create table public.auth_jobs (
  id uuid primary key default private.uuid_v7(),
  kind text not null check (kind in ('set_role', 'delete_user')),
  user_id uuid not null,
  payload jsonb not null default '{}',
  status text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed')),
  attempts integer not null default 0,
  error text check (char_length(error) <= 500),
  created_by uuid,
  created_at timestamptz not null default now(),
  run_after timestamptz not null default now(),
  done_at timestamptz
);
create index auth_jobs_queue_idx on public.auth_jobs (run_after) where status in ('queued', 'running');
alter table public.auth_jobs enable row level security;
revoke all on public.auth_jobs from anon, authenticated, service_role;

create function private.queue_auth_job(p_kind text, p_user_id uuid, p_payload jsonb default '{}') returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.auth_jobs (kind, user_id, payload, created_by) values (p_kind, p_user_id, p_payload, auth.uid())
  returning id into v_id;
  perform realtime.send('{"auth_jobs": true}', 'wake', 'worker', true);
  return v_id;
end
$$;

create function public.claim_auth_jobs(p_limit integer default 10) returns jsonb
language sql volatile security definer set search_path = ''
as $$
  with claimed as (
    update public.auth_jobs j
    set status = 'running', attempts = j.attempts + 1, run_after = now() + interval '1 minute'
    where j.id in (
      select q.id from public.auth_jobs q
      -- A job still running after its minute belongs to a worker that died.
      where q.status in ('queued', 'running') and q.run_after <= now()
      order by q.run_after limit least(p_limit, 100) for update skip locked)
    returning j.*)
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', id, 'kind', kind, 'user_id', user_id, 'payload', payload, 'attempts', attempts) order by id), '[]')
  from claimed
$$;
comment on function public.claim_auth_jobs(integer) is 'Takes due jobs for a minute: [{id, kind, user_id, payload, attempts}].';
grant execute on function public.claim_auth_jobs(integer) to service_role;

create function public.finish_auth_job(p_id uuid, p_error text default null) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Ten tries over about half an hour; then a person must look.
  v_attempts_max constant integer := 10;
  v_job public.auth_jobs;
begin
  update public.auth_jobs j
  set status = case when p_error is null then 'done' when j.attempts >= v_attempts_max then 'failed' else 'queued' end,
      error = left(p_error, 500),
      run_after = now() + least(power(2, j.attempts), 600) * interval '1 second',
      done_at = case when p_error is null or j.attempts >= v_attempts_max then now() end
  where j.id = p_id and j.status = 'running'
  returning * into v_job;
  if found and v_job.status = 'done' then
    perform private.audit('auth_job.' || v_job.kind, 'user', v_job.user_id::text, v_job.payload);
  end if;
  return v_job.status;
end
$$;
comment on function public.finish_auth_job(uuid, text) is 'Says how a job went; with an error it is tried again later. Returns its status.';
grant execute on function public.finish_auth_job(uuid, text) to service_role;

create function public.grant_admin(p_email text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid;
begin
  select u.id into v_user_id from auth.users u where lower(u.email) = lower(p_email) and u.email_confirmed_at is not null;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'Nobody with that confirmed e-mail address';
  end if;
  insert into public.admins (user_id) values (v_user_id) on conflict do nothing;
  perform private.queue_auth_job('set_role', v_user_id, '{"role": "admin"}');
  perform private.audit('admin.granted', 'user', v_user_id::text, '{"by": "secret key"}');
  return jsonb_build_object('user_id', v_user_id);
end
$$;
comment on function public.grant_admin(text) is 'Makes an administrator by the secret key: the way to the first one.';
grant execute on function public.grant_admin(text) to service_role;
