-- Whoever's ways of signing in change hears of it, however they were changed: the first thing a thief does is to change
-- them. Told where it is audited.
create function private.tell_of_sign_in_change(p_user_id uuid, p_action text, p_detail jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What belongs to the registration itself is no news.
  v_new_account constant interval := interval '1 minute';
  v_kind text := case
    when p_action in ('auth.password_changed', 'auth.email_changed', 'auth.identity_linked', 'auth.identity_unlinked')
      then split_part(p_action, '.', 2)
    when p_action = 'auth.factor_verified' then 'factor_added'
    when p_action = 'auth.factor_removed' and p_detail ->> 'status' = 'verified' then 'factor_removed' end;
begin
  if v_kind is null or not exists (
    select 1 from auth.users u where u.id = p_user_id and u.created_at < now() - v_new_account) then
    return;
  end if;
  perform private.notify_user(p_user_id, v_kind, case when p_detail ? 'provider'
    then jsonb_build_object('provider', p_detail ->> 'provider') else '{}' end);
exception
  when others then
    -- News that cannot be told must not keep Auth from its work.
    raise warning 'A change of sign-in was not told: %', sqlerrm;
end
$$;

create or replace function private.audit_auth_event(p_actor uuid, p_session_id uuid, p_action text, p_subject_type text, p_subject_id uuid, p_detail jsonb)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.write_audit(coalesce(p_actor, auth.uid()), private.caller_role(),
    coalesce(p_session_id, private.caller_session()), p_action, p_subject_type, p_subject_id::text,
    jsonb_strip_nulls(p_detail), private.caller_address());
  perform private.tell_of_sign_in_change(
    coalesce((p_detail ->> 'user_id')::uuid, case when p_subject_type = 'user' then p_subject_id end), p_action, p_detail);
end
$$;
