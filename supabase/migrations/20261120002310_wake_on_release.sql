-- A lease that is given back wakes those who wait for it: a planned change of holders takes no longer than a message.
create or replace function public.release_lease(p_name text, p_holder uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- The row stays, so that the next holder's token is higher. One that has lapsed may be somebody else's any moment.
  update public.leases set expires_at = clock_timestamp()
  where name = p_name and holder = p_holder and expires_at > clock_timestamp();
  if not found then
    return false;
  end if;
  perform realtime.send(jsonb_build_object('lease', p_name), 'wake', 'worker', true);
  return true;
end
$$;
comment on function public.release_lease(text, uuid) is
  'Gives a lease back at once and wakes the workers on the topic worker with {lease}; false when it was not held.';
