-- Second factors, in hosted Auth's tables. Safe to run again. The gateway alone reads and writes them.
do $$
begin
  if to_regtype('auth.factor_type') is null then
    create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
  end if;
  if to_regtype('auth.factor_status') is null then
    create type auth.factor_status as enum ('unverified', 'verified');
  end if;
end
$$;

create table if not exists auth.mfa_amr_claims (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references auth.sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  authentication_method text not null,
  unique (session_id, authentication_method)
);

create table if not exists auth.mfa_factors (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  friendly_name text,
  factor_type auth.factor_type not null,
  status auth.factor_status not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Encrypted with a key the database does not have.
  secret text,
  phone text,
  last_challenged_at timestamptz,
  web_authn_credential jsonb,
  web_authn_aaguid uuid,
  last_webauthn_challenge_data jsonb
);
create index if not exists factor_id_created_at_idx on auth.mfa_factors (user_id, created_at);
create unique index if not exists mfa_factors_user_friendly_name_unique
  on auth.mfa_factors (friendly_name, user_id) where trim(friendly_name) <> '';

create table if not exists auth.mfa_challenges (
  id uuid primary key,
  factor_id uuid not null references auth.mfa_factors (id) on delete cascade,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  ip_address inet not null,
  otp_code text,
  web_authn_session_data jsonb
);
create index if not exists mfa_challenge_created_at_idx on auth.mfa_challenges (factor_id, created_at desc);

-- Ours: what makes a code good once, and guessing slow.
create table if not exists auth.mfa_factor_guards (
  factor_id uuid primary key references auth.mfa_factors (id) on delete cascade,
  -- The latest time step whose code was taken.
  last_step bigint not null default 0,
  failures integer not null default 0,
  blocked_until timestamptz
);

-- Nobody else, not even through what the REST server's door may read in this schema.
revoke all on auth.mfa_amr_claims, auth.mfa_factors, auth.mfa_challenges, auth.mfa_factor_guards
  from public, anon, authenticated, service_role, authenticator;

-- A sign-in elsewhere joins the account that has its address. Only a proven address may do that; and whoever made the
-- account with an address they never proved (no mail was needed) is out when its owner comes: else they would wait
-- inside for a victim.
create or replace function auth.guard_identity_link() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.provider = 'email' or not exists (select 1 from auth.identities i where i.user_id = new.user_id) then
    return new;
  end if;
  if not coalesce((new.identity_data ->> 'email_verified')::boolean, false) then
    raise exception 'The address % is not verified by %', new.identity_data ->> 'email', new.provider;
  end if;
  if not exists (
    select 1 from auth.identities i
    where i.user_id = new.user_id and coalesce((i.identity_data ->> 'email_verified')::boolean, false)
  ) then
    delete from auth.identities i where i.user_id = new.user_id;
    delete from auth.sessions s where s.user_id = new.user_id;
    delete from auth.mfa_factors f where f.user_id = new.user_id;
    update auth.users u
    set encrypted_password = null, raw_user_meta_data = '{}', recovery_token = null, confirmation_token = null,
      email_change = null, email_change_token_new = null, email_change_token_current = null,
      reauthentication_token = null
    where u.id = new.user_id;
  end if;
  return new;
end
$$;
-- After "unwrap_json" by its name: triggers run in that order.
create or replace trigger zz_guard_link before insert on auth.identities
  for each row execute function auth.guard_identity_link();
