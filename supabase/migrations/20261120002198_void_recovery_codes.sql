-- Whoever used one recovery code may be somebody who found the sheet or has the phone: the other codes, and every other
-- session, which may have shown the authenticator that is now gone, end with it.
create or replace function private.use_recovery_code(p_code text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_frozen_until timestamptz := now() + interval '24 hours';
begin
  if coalesce(char_length(p_code), 0) not between 20 and 40 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A recovery code has 20 letters and digits';
  end if;
  update public.recovery_codes set used_at = now()
  where user_id = v_user_id and code_hash = private.recovery_hash(v_user_id, p_code) and used_at is null;
  if not found then
    -- A value and not an exception: the attempt must stay in the log.
    perform private.audit('auth.recovery_refused', 'user', v_user_id::text, '{}');
    return jsonb_build_object('ok', false, 'code', 'invalid_recovery_code');
  end if;
  delete from public.recovery_codes where user_id = v_user_id and used_at is null;
  delete from auth.mfa_factors where user_id = v_user_id;
  perform private.end_session(s.id) from auth.sessions s
  where s.user_id = v_user_id and s.id is distinct from private.caller_session();
  -- Whoever took the code over has a day in which nothing can leave.
  update public.profiles set withdrawals_frozen_until = v_frozen_until, updated_at = now() where id = v_user_id;
  perform private.audit('auth.recovered', 'user', v_user_id::text, '{}');
  perform private.notify_user(v_user_id, 'recovery_used', jsonb_build_object('withdrawals_frozen_until', v_frozen_until));
  return jsonb_build_object('ok', true, 'withdrawals_frozen_until', v_frozen_until);
end
$$;
comment on function public.use_recovery_code(text) is
  'Removes the caller''s authenticators by a recovery code, with the codes left and all other sessions, and freezes withdrawals for a day: {ok, …} or {ok: false, code}.';
