-- A database remembers the mode it was first used in and refuses the other.
create table public.deployment (
  only_row boolean primary key default true check (only_row),
  mode text not null check (mode in ('local', 'production')),
  created_at timestamptz not null default now()
);
alter table public.deployment enable row level security;
revoke all on public.deployment from anon, authenticated, service_role;

create function public.deployment_mode() returns text
language sql stable security definer set search_path = ''
as $$ select mode from public.deployment $$;
comment on function public.deployment_mode() is 'The mode this database belongs to; null before its first use.';
grant execute on function public.deployment_mode() to anon, authenticated, service_role;

create function public.claim_deployment_mode(p_mode text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mode text;
begin
  if p_mode is null or p_mode not in ('local', 'production') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The mode is local or production';
  end if;
  insert into public.deployment (mode) values (p_mode) on conflict do nothing;
  select mode into v_mode from public.deployment;
  if v_mode <> p_mode then
    raise sqlstate 'PT503' using message = 'mode_mismatch',
      detail = format('This database belongs to %s mode', v_mode);
  end if;
  return v_mode;
end
$$;
comment on function public.claim_deployment_mode(text) is
  'Binds the database to a mode on first use; raises mode_mismatch when it already belongs to the other.';
grant execute on function public.claim_deployment_mode(text) to service_role;
