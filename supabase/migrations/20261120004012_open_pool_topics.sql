-- Who may see a pool, on its page and on its topic.
create function private.can_read_pool(p_pool_id uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.live_user();
  v_pool record;
begin
  select p.opened_at, p.visibility, p.manager_id into v_pool from public.pools p where p.id = p_pool_id;
  if not found then
    return false;
  elsif v_pool.visibility = 'public' and v_pool.opened_at is not null then
    return true;
  elsif v_user_id is null then
    return false;
  elsif v_pool.manager_id = v_user_id or private.is_admin() then
    return true;
  end if;
  return v_pool.opened_at is not null and (
    exists (select 1 from public.pool_members m where m.pool_id = p_pool_id and m.user_id = v_user_id)
    or exists (select 1 from public.pool_lots l where l.pool_id = p_pool_id and l.investor_id = v_user_id and l.units > 0)
    or exists (
      select 1 from public.pool_requests r
      where r.pool_id = p_pool_id and r.investor_id = v_user_id and r.status = 'queued'));
end
$$;
comment on function private.can_read_pool(uuid) is
  'Whether the caller may see a pool: a public one that was opened, or one as its manager, member, investor, or as an administrator. A draft is its manager''s and the administrators''.';

create or replace function private.can_read_topic(p_topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case split_part(p_topic, ':', 1)
    when 'market' then p_topic ~ '^market:[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}:(1m|5m|15m|1h|4h|1d|book|trades)$'
    when 'user' then p_topic = 'user:' || private.live_user()::text
    when 'pool' then case
      when p_topic ~ '^pool:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then private.can_read_pool(substr(p_topic, 6)::uuid) end
    else false
  end
$$;
