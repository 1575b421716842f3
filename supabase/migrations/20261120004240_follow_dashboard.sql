-- What the dashboard may do obeys the rules of /admin, and is written down like what is done there.
create function private.follow_admin_by_hand() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_context text;
  v_user_id uuid := coalesce(new.user_id, old.user_id);
  v_granted boolean := tg_op = 'INSERT';
begin
  get diagnostics v_context = pg_context;
  -- Functions say for themselves what they did.
  if private.by_hand(v_context) then
    -- The table decides at once; the token follows when the worker has told Auth.
    perform private.queue_auth_job('set_role', v_user_id, jsonb_build_object('role', case when v_granted then 'admin' end));
    perform private.audit(case when v_granted then 'admin.granted' else 'admin.removed' end, 'user', v_user_id::text,
      '{"by": "dashboard"}');
    perform private.notify_user(v_user_id, case when v_granted then 'admin_granted' else 'admin_removed' end);
  end if;
  return null;
end
$$;
create trigger follow_by_hand after insert or delete on public.admins
  for each row execute function private.follow_admin_by_hand();

create function private.audit_limit_taken_by_hand() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_context text;
begin
  get diagnostics v_context = pg_context;
  -- Not when an account is deleted with all that is its.
  if private.by_hand(v_context) then
    perform private.audit('limit.changed', 'user', old.user_id::text,
      jsonb_build_object('name', old.name, 'from', private.audited_limit(to_jsonb(old))));
  end if;
  return null;
end
$$;
create trigger audit_deletion after delete on public.user_limits
  for each row execute function private.audit_limit_taken_by_hand();

create function private.require_rejection_reason() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise check_violation using
    message = format('Give a %s: the user reads why it was rejected', tg_argv[0]);
end
$$;
create trigger require_reason before update of kyc_status, kyc_reason on public.profiles for each row
  when (new.kyc_status = 'rejected' and new.kyc_reason is null
    and (old.kyc_status, old.kyc_reason) is distinct from (new.kyc_status, new.kyc_reason))
  execute function private.require_rejection_reason('kyc_reason');
-- By name after keep_withdrawal, which says first whether it may be done at all.
create trigger require_reason before update of status on public.withdrawals for each row
  when (new.status = 'rejected' and old.status <> 'rejected' and new.reason is null)
  execute function private.require_rejection_reason('reason');
