-- Each of these writes rows that stay (devices, notifications, the audit log of seven years), and any signed-in program
-- can call them without the edge: a loop must not fill the database. What they did moves to schema private; what the API
-- sees takes from a bucket first, which a refusal gives back, so that a revoked token cannot use up its owner's. The
-- bucket's row lock also makes calls of one user follow each other: two sets of recovery codes cannot both stay.
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('account_write', 60, 0.2, 1, 1, 1, 'Devices noted, recovery codes made and tried, and exports of one''s data');

alter function public.touch_device(text, text) set schema private;
alter function public.make_recovery_codes(uuid) set schema private;
alter function public.use_recovery_code(text) set schema private;
alter function public.export_my_data() set schema private;
revoke execute on function private.touch_device(text, text), private.make_recovery_codes(uuid),
  private.use_recovery_code(text), private.export_my_data()
  from public, anon, authenticated, service_role;

create function public.touch_device(p_fingerprint text, p_name text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('account_write');
  return private.touch_device(p_fingerprint, p_name);
end
$$;
comment on function public.touch_device(text, text) is
  'Notes that the caller''s session runs on this device: {device_id, new}. A new one is reported to the user.';
grant execute on function public.touch_device(text, text) to authenticated;

create function public.make_recovery_codes(p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('account_write');
  return private.make_recovery_codes(p_client_id);
end
$$;
comment on function public.make_recovery_codes(uuid) is 'Makes ten new recovery codes, shown this once; needs a fresh second factor.';
grant execute on function public.make_recovery_codes(uuid) to authenticated;

create function public.use_recovery_code(p_code text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('account_write');
  return private.use_recovery_code(p_code);
end
$$;
comment on function public.use_recovery_code(text) is
  'Removes the caller''s authenticators by a recovery code and freezes withdrawals for a day: {ok, …} or {ok: false, code}.';
grant execute on function public.use_recovery_code(text) to authenticated;

create function public.export_my_data() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('account_write');
  return private.export_my_data();
end
$$;
comment on function public.export_my_data() is 'The caller''s own data, table by table.';
grant execute on function public.export_my_data() to authenticated;
