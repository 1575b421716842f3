-- Hooks that Supabase Auth calls while it judges (config.toml, [auth.hook.…]), because anyone can ask Auth without the
-- web: https://supabase.com/docs/guides/auth/auth-hooks. An event in, a decision out.
create function private.use_pass(p_user_id uuid, p_kind text) returns boolean
language sql volatile security definer set search_path = ''
as $$
  with used as (
    delete from private.sign_in_passes p where p.user_id = p_user_id and p.kind = p_kind returning p.good_until)
  select exists (select 1 from used where good_until > clock_timestamp())
$$;

create function private.judge_attempt(p_rule text, p_kind text, p_user_id uuid, p_valid boolean) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_wait_s integer;
begin
  if p_valid then
    -- The owner, where the owner is known: let in whatever strangers try, who are not forgiven by it.
    if private.use_pass(p_user_id, p_kind) then
      return 0;
    end if;
    select greatest(1, ceil(extract(epoch from c.blocked_until - v_now))::integer) into v_wait_s
    from private.attempt_counts c
    where c.rule = p_rule and c.key = p_user_id::text and c.blocked_until > v_now;
    if v_wait_s is null then
      delete from private.attempt_counts c where c.rule = p_rule and c.key = p_user_id::text;
    end if;
    return coalesce(v_wait_s, 0);
  end if;
  v_wait_s := private.count_attempt(p_rule, p_user_id::text, v_now);
  if v_wait_s = 0 then
    perform private.write_audit(p_user_id, private.caller_role(), null, 'auth.' || p_kind || '_refused', 'user',
      p_user_id::text, '{}', null);
  end if;
  return v_wait_s;
end
$$;

create function private.hook_password_verification_attempt(event jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if private.judge_attempt('auth_password', 'password', (event ->> 'user_id')::uuid, (event ->> 'valid')::boolean) > 0 then
    -- In the words of a wrong password: Auth asks us about accounts that exist, so another answer would name them.
    return jsonb_build_object('decision', 'reject', 'message', 'Invalid login credentials', 'should_logout_user', false);
  end if;
  return jsonb_build_object('decision', 'continue');
end
$$;
comment on function private.hook_password_verification_attempt(jsonb) is
  'Auth hook: rejects passwords, right ones too, for an account that too many wrong ones were tried on.';

create function private.hook_mfa_verification_attempt(event jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_wait_s integer := private.judge_attempt(
    'auth_factor', 'factor', (event ->> 'user_id')::uuid, (event ->> 'valid')::boolean);
begin
  if v_wait_s > 0 then
    -- An error, not a rejection, which would sign the owner out everywhere.
    return jsonb_build_object('error', jsonb_build_object('http_code', 429,
      'message', format('Too many codes: try again in %s s', v_wait_s)));
  end if;
  return jsonb_build_object('decision', 'continue');
end
$$;
comment on function private.hook_mfa_verification_attempt(jsonb) is
  'Auth hook: refuses authenticator codes for an account that too many wrong ones were tried on.';

grant usage on schema private to supabase_auth_admin;
grant execute on function private.hook_password_verification_attempt(jsonb),
  private.hook_mfa_verification_attempt(jsonb) to supabase_auth_admin;
