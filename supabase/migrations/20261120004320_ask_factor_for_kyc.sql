-- Whose identity is verified may invest and withdraw: that is said with a second factor shown lately, and never of oneself.
create or replace function public.admin_set_kyc(p_user_id uuid, p_status text, p_client_id uuid, p_reason text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_reason text := nullif(btrim(p_reason), '');
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'status', p_status, 'reason', v_reason);
  v_answer jsonb := private.answered('admin_set_kyc', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if p_user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_account', detail = 'Ask another administrator to look at your identity';
  elsif p_status is null or p_status not in ('none', 'pending', 'verified', 'rejected') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A KYC status is none, pending, verified or rejected';
  elsif char_length(v_reason) > 500 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A reason is 500 characters at most';
  elsif p_status = 'rejected' and v_reason is null then
    raise sqlstate 'PT400' using message = 'reason_required', detail = 'Say why: the user reads it';
  end if;
  update public.profiles set kyc_status = p_status, kyc_reason = v_reason, updated_at = now() where id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  return private.remember('admin_set_kyc', p_client_id, v_content, v_content);
end
$$;
comment on function public.admin_set_kyc(uuid, text, uuid, text) is
  'Sets another user''s KYC status and the reason, which a rejection needs; audited, and the user is told. Raises own_account, reason_required, not_found.';
