-- A sign-in takes back the attempt that was counted for it and no other: a mailed link or a provider counts no password
-- of its address, and an account with a second factor is never known by them, so that they could be repeated to wash away
-- what was tried on others. The rest is as it was.
create or replace function public.finish_sign_in(p_device text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_places_max constant integer := 50;
  v_fresh constant interval := interval '5 minutes';
  v_user_id uuid := private.require_user();
  v_jwt jsonb := auth.jwt();
  v_address text := private.caller_address();
  v_places text[] := private.places(p_device);
  v_methods text[];
  v_strong boolean;
  v_was_known boolean;
begin
  perform private.require_rate('sign_in');
  v_strong := coalesce(v_jwt ->> 'aal', 'aal1') = 'aal2';
  select array_agg(m ->> 'method') into v_methods
  from jsonb_array_elements(case jsonb_typeof(v_jwt -> 'amr') when 'array' then v_jwt -> 'amr' else '[]' end) as m
  where to_timestamp((m ->> 'timestamp')::bigint) > now() - v_fresh;
  -- An old session proves nothing about who is at the keyboard now.
  if v_methods is null then
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
    if v_address is not null and (v_strong or 'password' = any (v_methods)) then
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
