-- Who may read which Realtime topic. Nobody but the secret key, which bypasses policies, may write:
-- browsers never broadcast.
create function private.can_read_topic(p_topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case split_part(p_topic, ':', 1)
    when 'market' then p_topic ~ '^market:[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}:(1m|5m|15m|1h|4h|1d)$'
    when 'user' then p_topic = 'user:' || (select auth.uid())::text
    else false
  end
$$;
grant execute on function private.can_read_topic(text) to anon, authenticated;

create policy "Callers read the topics open to them"
  on realtime.messages for select to anon, authenticated
  using (extension = 'broadcast' and coalesce((select private.can_read_topic((select realtime.topic()))), false));
