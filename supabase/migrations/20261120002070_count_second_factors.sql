-- Supabase Auth names second factors totp, mfa/phone and mfa/webauthn in a token's amr.
create or replace function private.require_aal2(p_age_max interval default interval '15 minutes') returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_jwt jsonb := auth.jwt();
  v_at bigint;
begin
  perform private.require_user();
  select max((m ->> 'timestamp')::bigint) into v_at
  from jsonb_array_elements(case jsonb_typeof(v_jwt -> 'amr') when 'array' then v_jwt -> 'amr' else '[]' end) as m
  where m ->> 'method' in ('totp', 'mfa/phone', 'mfa/webauthn');
  if coalesce(v_jwt ->> 'aal', 'aal1') <> 'aal2' or v_at is null
    or to_timestamp(v_at) < now() - p_age_max then
    raise sqlstate 'PT403' using message = 'step_up_required', detail = 'Confirm with your authenticator first';
  end if;
end
$$;
