-- A KYC status comes with a reason its user may read, and is written down wherever it is set: in /admin or in the dashboard.
alter table public.profiles add column kyc_reason text check (char_length(kyc_reason) between 1 and 500);
create index profiles_kyc_status_idx on public.profiles (kyc_status, created_at desc, id desc) where kyc_status <> 'none';
create index profiles_created_at_idx on public.profiles (created_at desc, id desc);

create function private.tell_kyc_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.audit('user.kyc_changed', 'user', new.id::text, jsonb_strip_nulls(jsonb_build_object(
    'from', old.kyc_status, 'to', new.kyc_status, 'reason', new.kyc_reason)));
  perform private.notify_user(new.id, 'kyc_changed',
    jsonb_strip_nulls(jsonb_build_object('status', new.kyc_status, 'reason', new.kyc_reason)));
  return null;
end
$$;
create trigger tell_kyc_change after update of kyc_status, kyc_reason on public.profiles
  for each row when ((old.kyc_status, old.kyc_reason) is distinct from (new.kyc_status, new.kyc_reason))
  execute function private.tell_kyc_change();

drop function public.admin_set_kyc(uuid, text, uuid);
create function public.admin_set_kyc(p_user_id uuid, p_status text, p_client_id uuid, p_reason text default null)
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
  'Sets a user''s KYC status and the reason, which a rejection needs; audited, and the user is told.';
grant execute on function public.admin_set_kyc(uuid, text, uuid, text) to authenticated;
