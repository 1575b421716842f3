-- What counts attempts is as short-lived as the buckets, so the same call keeps it small.
alter function public.purge_rate_limits(integer) set schema private;
revoke execute on function private.purge_rate_limits(integer) from public, anon, authenticated, service_role;

create function private.purge_attempts(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  -- What is forgotten says nothing. Nobody waits for us, and we wait for nobody.
  delete from private.attempt_counts where (rule, key) in (
    select c.rule, c.key
    from private.attempt_counts c left join public.attempt_rules r on r.name = c.rule
    where r.name is null or (coalesce(c.blocked_until, '-infinity') < now()
      and c.counted_at < now() - make_interval(secs => r.forget_one_s::float8 * greatest(c.attempts, 1)))
    limit p_limit for update of c skip locked);
  get diagnostics v_count = row_count;
  delete from private.sign_in_passes where (user_id, kind) in (
    select p.user_id, p.kind from private.sign_in_passes p where p.good_until < now()
    limit p_limit - v_count for update skip locked);
  return v_count;
end
$$;

create function public.purge_rate_limits(p_limit integer default 1000) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer := private.purge_rate_limits(p_limit);
begin
  return v_count + private.purge_attempts(p_limit - v_count);
end
$$;
comment on function public.purge_rate_limits(integer) is
  'Removes up to p_limit buckets that are full again and attempts that are forgotten; returns how many.';
grant execute on function public.purge_rate_limits(integer) to service_role;
