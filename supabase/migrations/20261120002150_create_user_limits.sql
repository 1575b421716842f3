-- What a user may do at most. The platform has a default and a loosest value for each limit, an administrator may give
-- a user another loosest value, and users choose within it: tighter at once, looser only after a day, so that neither
-- a bad hour nor a thief can lift at night what was set by day.
create table public.limit_rules (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  unit text not null check (unit in ('eur', 'count', 's')),
  -- Of most limits the lower value is the tighter one; of a pause it is the longer.
  tighter text not null check (tighter in ('lower', 'higher')),
  default_value numeric not null check (default_value between 0 and 1000000000),
  -- The loosest value a user may choose unless an administrator allowed that user another.
  ceiling numeric not null check (ceiling between 0 and 1000000000),
  place integer not null unique,
  updated_at timestamptz not null default now(),
  check (case tighter when 'lower' then default_value <= ceiling else default_value >= ceiling end),
  check (default_value = round(default_value, case unit when 'eur' then 2 else 0 end)),
  check (ceiling = round(ceiling, case unit when 'eur' then 2 else 0 end))
);
alter table public.limit_rules enable row level security;
revoke all on public.limit_rules from anon, authenticated, service_role;
create trigger refuse_truncate before truncate on public.limit_rules
  for each statement execute function private.refuse_truncate();

insert into public.limit_rules (name, unit, tighter, default_value, ceiling, place) values
  ('order_eur_max', 'eur', 'lower', 5000, 100000, 1),
  ('positions_max', 'count', 'lower', 20, 200, 2),
  ('daily_loss_eur_max', 'eur', 'lower', 1000, 50000, 3),
  ('cooldown_s', 's', 'higher', 0, 0, 4),
  ('withdrawal_eur_per_day_max', 'eur', 'lower', 2000, 50000, 5);

create table public.user_limits (
  user_id uuid not null references auth.users (id) on delete cascade,
  name text not null references public.limit_rules (name),
  -- The user's own choice; null follows the platform's default.
  value numeric check (value between 0 and 1000000000),
  -- A looser choice on its way, and when it counts.
  pending_value numeric check (pending_value between 0 and 1000000000),
  pending_at timestamptz,
  -- What an administrator allows this user instead of the platform's loosest value.
  ceiling numeric check (ceiling between 0 and 1000000000),
  updated_at timestamptz not null default now(),
  primary key (user_id, name),
  check (num_nulls(pending_value, pending_at) in (0, 2))
);
create index user_limits_name_idx on public.user_limits (name);
alter table public.user_limits enable row level security;
revoke all on public.user_limits from anon, authenticated, service_role;

create function private.audited_limit(p_row jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  -- As texts: numbers in JSON are nobody's money.
  select jsonb_object_agg(e.key, e.value)
  from jsonb_each_text(jsonb_strip_nulls(p_row) - array['user_id', 'name', 'place', 'updated_at']) as e
$$;

-- By triggers, so that what is done in the dashboard is written down like what is done in /admin.
create function private.audit_limit_rule() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.audit('limit.rule_changed', 'limit', coalesce(new.name, old.name), jsonb_strip_nulls(jsonb_build_object(
    'from', private.audited_limit(to_jsonb(old)), 'to', private.audited_limit(to_jsonb(new)))));
  return null;
end
$$;
create trigger audit after insert or update or delete on public.limit_rules
  for each row execute function private.audit_limit_rule();

create function private.audit_user_limit() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.audit(
    case when old.ceiling is distinct from new.ceiling then 'limit.ceiling_changed' else 'limit.changed' end,
    'user', new.user_id::text, jsonb_strip_nulls(jsonb_build_object('name', new.name,
      'from', private.audited_limit(to_jsonb(old)), 'to', private.audited_limit(to_jsonb(new)))));
  return null;
end
$$;
create trigger audit after insert or update on public.user_limits
  for each row execute function private.audit_user_limit();

create function private.tighter_limit(p_tighter text, p_one numeric, p_other numeric) returns numeric
language sql immutable set search_path = ''
as $$ select case p_tighter when 'lower' then least(p_one, p_other) else greatest(p_one, p_other) end $$;
comment on function private.tighter_limit(text, numeric, numeric) is 'The tighter of two values; null counts for nothing.';

create function private.user_limits(p_user_id uuid, p_name text default null)
returns table (
  name text, unit text, tighter text, place integer, value numeric, default_value numeric, ceiling numeric,
  own_ceiling boolean, pending_value numeric, pending_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select r.name, r.unit, r.tighter, r.place,
    private.tighter_limit(r.tighter,
      coalesce(case when u.pending_at <= now() then u.pending_value end, u.value, r.default_value),
      coalesce(u.ceiling, r.ceiling)),
    r.default_value, coalesce(u.ceiling, r.ceiling), u.ceiling is not null,
    case when u.pending_at > now() then u.pending_value end, case when u.pending_at > now() then u.pending_at end
  from public.limit_rules r left join public.user_limits u on u.name = r.name and u.user_id = p_user_id
  where p_name is null or r.name = p_name
$$;
comment on function private.user_limits(uuid, text) is
  'A user''s limits as they count now: value is the user''s choice, or the default, as far as the ceiling lets it.';

create function private.user_limit(p_user_id uuid, p_name text) returns numeric
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_value numeric;
begin
  select l.value into v_value from private.user_limits(p_user_id, p_name) as l;
  if v_value is null then
    raise exception 'There is no limit "%"', p_name;
  end if;
  return v_value;
end
$$;
comment on function private.user_limit(uuid, text) is
  'What a limit is for a user now, in the rule''s unit (EUR, a count, seconds); raises for a name nobody knows.';

create function private.limits_json(p_user_id uuid, p_name text default null) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', l.name, 'unit', l.unit, 'tighter', l.tighter, 'value', trim_scale(l.value)::text,
    'default_value', trim_scale(l.default_value)::text, 'ceiling', trim_scale(l.ceiling)::text, 'own_ceiling', l.own_ceiling,
    'pending_value', trim_scale(l.pending_value)::text, 'pending_at', l.pending_at) order by l.place), '[]')
  from private.user_limits(p_user_id, p_name) as l
$$;

create function private.limit_value(p_unit text, p_text text) returns numeric
language plpgsql immutable set search_path = ''
as $$
begin
  if p_text is null or p_text !~ (case p_unit when 'eur' then '^\d{1,10}(\.\d{1,2})?$' else '^\d{1,10}$' end)
    or p_text::numeric > 1000000000 then
    raise sqlstate 'PT400' using message = 'invalid_limit_value',
      detail = 'A limit is 0 to 1,000,000,000: an amount with two decimals at most, a count or seconds with none';
  end if;
  return p_text::numeric;
end
$$;
comment on function private.limit_value(text, text) is 'A limit''s value from text; raises invalid_limit_value.';
