-- The web asks before it lets Supabase Auth judge a password, a code or a mail. Whoever calls Auth without the web is
-- slowed down by Auth's hooks (20261120002040).
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('sign_in', 120, 4, 1, 50, 16, 'Whatever the sign-in asks the database: passwords, codes, links and registrations');

create function private.begin_attempt(p_kind text, p_user_id uuid, p_account text, p_device text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- From here until Auth has judged takes a moment.
  v_pass_life constant interval := interval '15 seconds';
  v_address text := private.caller_address();
  v_places text[] := private.places(p_device);
  v_known text;
  v_wait_s integer := 0;
begin
  select k.place into v_known from private.known_places k
  where k.user_id = p_user_id and k.place = any (v_places)
  -- A device says more than an address, which others may share.
  order by k.place desc limit 1;
  if v_known is not null and p_kind <> 'register' then
    v_wait_s := private.count_attempt(p_kind || '_known', p_user_id::text || ':' || v_known);
  else
    -- Always in this order, so that two calls never wait for each other.
    if v_address is not null then
      v_wait_s := private.count_attempt(p_kind || '_address', v_address);
    end if;
    if v_wait_s = 0 then
      v_wait_s := private.count_attempt(p_kind, p_account);
    end if;
  end if;
  if v_wait_s > 0 then
    -- What was counted on the way is undone with it.
    perform private.refuse_rate(v_wait_s);
  end if;
  if v_known is not null and p_kind in ('password', 'factor') then
    insert into private.sign_in_passes (user_id, kind, good_until)
    values (p_user_id, p_kind, clock_timestamp() + v_pass_life)
    on conflict (user_id, kind) do update set good_until = excluded.good_until;
  end if;
end
$$;

create function public.begin_sign_in(p_kind text, p_email text, p_device text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_email text := lower(btrim(p_email));
begin
  perform private.require_rate('sign_in');
  if p_kind is null or p_kind not in ('password', 'mail', 'register')
    or p_email is null or char_length(p_email) not between 3 and 320 then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = 'The kind is password, mail or register, and the address has 3 to 320 characters';
  end if;
  -- The same is done whether or not there is such an account.
  perform private.begin_attempt(p_kind, (select u.id from auth.users u where u.email = v_email limit 1),
    private.account_key(v_email), p_device);
end
$$;
comment on function public.begin_sign_in(text, text, text) is
  'Counts an attempt to sign in to, mail to or register an address (p_kind password, mail or register), or raises rate_limited with the seconds to wait. Says nothing of whether there is an account. p_device is the hash of the device''s own mark.';
grant execute on function public.begin_sign_in(text, text, text) to anon, authenticated;

create function public.begin_second_factor(p_device text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  perform private.require_rate('sign_in');
  perform private.begin_attempt('factor', v_user_id, v_user_id::text, p_device);
end
$$;
comment on function public.begin_second_factor(text) is
  'Counts an attempt of the caller to show an authenticator''s code, or raises rate_limited with the seconds to wait.';
grant execute on function public.begin_second_factor(text) to authenticated;

create function public.finish_sign_in(p_device text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_places_max constant integer := 50;
  v_fresh constant interval := interval '5 minutes';
  v_user_id uuid := private.require_user();
  v_jwt jsonb := auth.jwt();
  v_address text := private.caller_address();
  v_places text[] := private.places(p_device);
  v_strong boolean;
  v_was_known boolean;
begin
  perform private.require_rate('sign_in');
  v_strong := coalesce(v_jwt ->> 'aal', 'aal1') = 'aal2';
  -- An old session proves nothing about who is at the keyboard now.
  if not exists (
    select 1 from jsonb_array_elements(case jsonb_typeof(v_jwt -> 'amr') when 'array' then v_jwt -> 'amr' else '[]' end) m
    where to_timestamp((m ->> 'timestamp')::bigint) > now() - v_fresh) then
    return;
  end if;
  v_was_known := exists (
    select 1 from private.known_places k where k.user_id = v_user_id and k.place = any (v_places));
  delete from private.attempt_counts c
  where c.rule = any (array['password_known', 'mail_known'] || case when v_strong then array['factor_known'] else '{}' end)
    and c.key in (select v_user_id::text || ':' || p from unnest(v_places) as p);
  -- Signing in where one is known says nothing about what strangers try elsewhere.
  if not v_was_known then
    delete from private.attempt_counts c
    where (c.rule in ('password', 'mail')
        and c.key = (select private.account_key(u.email) from auth.users u where u.id = v_user_id))
      or (v_strong and c.rule = 'factor' and c.key = v_user_id::text);
    if v_address is not null then
      -- One, not all: a thief with an account of their own would wash away what they tried on others.
      perform private.take_back_attempt(case when v_strong then 'factor_address' else 'password_address' end, v_address);
    end if;
  end if;
  -- Whoever has a password but not the second factor is not known yet.
  if v_strong or not exists (
    select 1 from auth.mfa_factors f where f.user_id = v_user_id and f.status = 'verified') then
    insert into private.known_places (user_id, place) select v_user_id, p from unnest(v_places) as p
    on conflict (user_id, place) do update set seen_at = now();
    delete from private.known_places where user_id = v_user_id and place in (
      select k.place from private.known_places k where k.user_id = v_user_id
      order by k.seen_at desc offset v_places_max);
  end if;
end
$$;
comment on function public.finish_sign_in(text) is
  'Says that the caller has just signed in, or shown a second factor: forgives what was tried from here, and knows this device and address from now on.';
grant execute on function public.finish_sign_in(text) to authenticated;
