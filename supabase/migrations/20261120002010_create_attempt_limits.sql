-- Guessing gets slower and slower. A rule counts attempts for a key: some are free, each further one doubles the time
-- the next has to wait, and what was counted is forgotten bit by bit. An attempt counts when it begins, so that a
-- thousand at once are no way around; what turns out right is taken back.
create table public.attempt_rules (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  free_attempts integer not null check (free_attempts between 1 and 10000),
  first_delay_s integer not null check (first_delay_s between 1 and 3600),
  delay_s_max integer not null check (delay_s_max between 1 and 86400),
  -- Seconds after which one counted attempt is forgotten.
  forget_one_s integer not null check (forget_one_s between 1 and 86400),
  description text not null check (char_length(description) between 1 and 200),
  updated_at timestamptz not null default now(),
  check (first_delay_s <= delay_s_max)
);
alter table public.attempt_rules enable row level security;
revoke all on public.attempt_rules from anon, authenticated, service_role;

create function private.audit_attempt_rule() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.audit('attempt_rule.changed', 'attempt_rule', coalesce(new.name, old.name),
    jsonb_build_object('from', to_jsonb(old) - 'updated_at', 'to', to_jsonb(new) - 'updated_at'));
  return null;
end
$$;

insert into public.attempt_rules (name, free_attempts, first_delay_s, delay_s_max, forget_one_s, description) values
  ('password', 5, 1, 900, 900, 'Passwords for one account, from wherever nobody has signed in to it before'),
  ('password_known', 10, 1, 300, 300, 'Passwords for one account from one device or address that has signed in to it'),
  ('password_address', 50, 1, 900, 60, 'Passwords from one address, whatever the account'),
  ('factor', 5, 1, 900, 900, 'Authenticator codes for one account, from wherever nobody has signed in to it before'),
  ('factor_known', 10, 1, 300, 300, 'Authenticator codes for one account from one device or address that has signed in to it'),
  ('factor_address', 50, 1, 900, 60, 'Authenticator codes from one address, whatever the account'),
  ('mail', 5, 30, 900, 900, 'Sign-in links and password resets for one account'),
  ('mail_known', 5, 30, 900, 300, 'Sign-in links and password resets for one account from a device or address that has signed in to it'),
  ('mail_address', 30, 5, 900, 60, 'Sign-in links and password resets from one address'),
  ('register', 3, 30, 900, 900, 'Registrations of one e-mail address'),
  ('register_address', 30, 5, 900, 60, 'Registrations from one address'),
  ('auth_password', 10, 1, 900, 900, 'Wrong passwords for one account at Supabase Auth, with or without the web'),
  ('auth_factor', 10, 1, 900, 900, 'Wrong authenticator codes for one account at Supabase Auth, with or without the web');
create trigger audit after insert or update or delete on public.attempt_rules
  for each row execute function private.audit_attempt_rule();

-- Unlogged: a crash forgives everybody, and in return counting does not wait for the disk.
create unlogged table private.attempt_counts (
  rule text not null,
  key text not null check (char_length(key) between 1 and 200),
  attempts integer not null,
  counted_at timestamptz not null,
  blocked_until timestamptz,
  primary key (rule, key)
) with (fillfactor = 50);
create index attempt_counts_counted_at_idx on private.attempt_counts (counted_at);
alter table private.attempt_counts enable row level security;
revoke all on private.attempt_counts from anon, authenticated, service_role;

create function private.count_attempt(p_rule text, p_key text, p_at timestamptz default clock_timestamp())
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Beyond this many doublings every delay is the longest one.
  v_doublings_max constant integer := 20;
  v_rule public.attempt_rules;
  v_count private.attempt_counts;
  v_delay_s integer := 0;
begin
  select * into v_rule from public.attempt_rules r where r.name = p_rule;
  if not found then
    raise exception 'There is no attempt rule "%"', p_rule;
  end if;
  insert into private.attempt_counts (rule, key, attempts, counted_at) values (p_rule, p_key, 0, p_at)
  on conflict (rule, key) do nothing;
  select * into v_count from private.attempt_counts c where c.rule = p_rule and c.key = p_key for update;
  if v_count.blocked_until > p_at then
    return greatest(1, ceil(extract(epoch from v_count.blocked_until - p_at))::integer);
  end if;
  v_count.attempts := least(v_rule.free_attempts + v_doublings_max, 1 + greatest(0, v_count.attempts
    - floor(greatest(0, extract(epoch from p_at - v_count.counted_at)) / v_rule.forget_one_s)::integer));
  if v_count.attempts >= v_rule.free_attempts then
    v_delay_s := least(v_rule.delay_s_max, v_rule.first_delay_s * 2 ^ (v_count.attempts - v_rule.free_attempts));
  end if;
  update private.attempt_counts c
  set attempts = v_count.attempts, counted_at = greatest(c.counted_at, p_at),
      blocked_until = case when v_delay_s > 0 then p_at + make_interval(secs => v_delay_s) end
  where c.rule = p_rule and c.key = p_key;
  if v_count.attempts = v_rule.free_attempts then
    -- Once, when it begins: a flood must not fill the log. An account shows as the hash of its address.
    perform private.audit('auth.attempts_slowed', 'attempts', p_key, jsonb_build_object('rule', p_rule));
  end if;
  return 0;
end
$$;
comment on function private.count_attempt(text, text, timestamptz) is
  'Counts an attempt and returns 0, or returns the seconds to wait and counts nothing.';

create function private.take_back_attempt(p_rule text, p_key text) returns void
language sql volatile security definer set search_path = ''
as $$
  update private.attempt_counts c set attempts = greatest(0, c.attempts - 1), blocked_until = null
  where c.rule = p_rule and c.key = p_key
$$;
comment on function private.take_back_attempt(text, text) is 'Takes back one attempt that turned out right.';
