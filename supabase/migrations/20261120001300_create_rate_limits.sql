-- Token buckets: a bucket holds `capacity` tokens, gains `refill_per_s` a second, and a call costs `cost` of them.
-- A missing row is a full bucket.
create table public.rate_limit_rules (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  capacity numeric not null check (capacity between 1 and 1000000),
  refill_per_s numeric not null check (refill_per_s > 0 and refill_per_s <= 100000),
  cost numeric not null default 1 check (cost > 0),
  -- Callers nobody vouches for share the key 'shared': a bucket this many times as large …
  shared_factor integer not null default 100 check (shared_factor between 1 and 10000),
  -- … in this many rows, because all of them would wait for one.
  shards integer not null default 1 check (shards between 1 and 64),
  description text not null check (char_length(description) between 1 and 200),
  updated_at timestamptz not null default now(),
  check (cost <= capacity and cost <= capacity * shared_factor / shards)
);
alter table public.rate_limit_rules enable row level security;
revoke all on public.rate_limit_rules from anon, authenticated, service_role;

create function private.audit_rate_limit_rule() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.audit('rate_limit.changed', 'rate_limit', coalesce(new.name, old.name),
    jsonb_build_object('from', to_jsonb(old) - 'updated_at', 'to', to_jsonb(new) - 'updated_at'));
  return null;
end
$$;
create trigger audit after insert or update or delete on public.rate_limit_rules
  for each row execute function private.audit_rate_limit_rule();

-- Unlogged: a crash fills all buckets again, and in return a call that only reads does not wait for the disk.
create unlogged table public.rate_limits (
  rule text not null,
  key text not null check (char_length(key) between 1 and 200),
  shard integer not null,
  tokens numeric not null,
  refilled_at timestamptz not null,
  primary key (rule, key, shard)
) with (fillfactor = 50);
alter table public.rate_limits enable row level security;
revoke all on public.rate_limits from anon, authenticated, service_role;

create function private.take(
  p_rule text, p_key text, p_cost numeric default null, p_at timestamptz default clock_timestamp())
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_rule public.rate_limit_rules;
  v_factor integer;
  v_shards integer;
  v_cost numeric;
  v_capacity numeric;
  v_refill numeric;
  v_shard integer;
  v_tokens numeric;
  v_allowed boolean;
begin
  select * into v_rule from public.rate_limit_rules r where r.name = p_rule;
  if not found then
    raise exception 'There is no rate limit rule "%"', p_rule;
  end if;
  v_factor := case when p_key = 'shared' then v_rule.shared_factor else 1 end;
  v_shards := case when p_key = 'shared' then v_rule.shards else 1 end;
  v_cost := coalesce(p_cost, v_rule.cost);
  v_capacity := v_rule.capacity * v_factor / v_shards;
  v_refill := v_rule.refill_per_s * v_factor / v_shards;
  v_shard := floor(random() * v_shards);
  if v_cost <= 0 or v_cost > v_capacity then
    raise exception 'A cost of % does not fit the rate limit rule "%"', v_cost, p_rule;
  end if;

  -- One statement and one row lock, kept until the caller's transaction ends.
  insert into public.rate_limits as b (rule, key, shard, tokens, refilled_at)
  values (p_rule, p_key, v_shard, v_capacity - v_cost, p_at)
  on conflict (rule, key, shard) do update
    set tokens = least(v_capacity,
          b.tokens + greatest(0, extract(epoch from p_at - b.refilled_at)) * v_refill)::numeric(20, 6) - v_cost,
        refilled_at = greatest(b.refilled_at, p_at)
    where b.tokens + greatest(0, extract(epoch from p_at - b.refilled_at)) * v_refill >= v_cost
  returning b.tokens into v_tokens;
  v_allowed := found;
  if not v_allowed and v_shards > 1 then
    -- Another shard may have some left. Locked ones are passed over: who holds a lock must not wait for a second.
    update public.rate_limits as b
    set tokens = least(v_capacity,
          b.tokens + greatest(0, extract(epoch from p_at - b.refilled_at)) * v_refill)::numeric(20, 6) - v_cost,
        refilled_at = greatest(b.refilled_at, p_at)
    where b.rule = p_rule and b.key = p_key and b.shard = (
      select x.shard from public.rate_limits x
      where x.rule = p_rule and x.key = p_key and x.shard < v_shards
        and x.tokens + greatest(0, extract(epoch from p_at - x.refilled_at)) * v_refill >= v_cost
      limit 1 for update skip locked)
    returning b.tokens into v_tokens;
    v_allowed := found;
  end if;
  if not v_allowed then
    select least(v_capacity, b.tokens + greatest(0, extract(epoch from p_at - b.refilled_at)) * v_refill) into v_tokens
    from public.rate_limits b where b.rule = p_rule and b.key = p_key and b.shard = v_shard;
    v_tokens := coalesce(v_tokens, 0);
  end if;
  return jsonb_build_object(
    'allowed', v_allowed,
    'limit', floor(v_rule.capacity * v_factor)::integer,
    -- Of the shards one is known; the others are about as full.
    'remaining', floor(v_tokens * v_shards)::integer,
    'reset_s', ceil((v_capacity - v_tokens) / v_refill)::integer,
    'retry_s', case when v_allowed then 0 else greatest(1, ceil((v_cost - v_tokens) / v_refill)::integer) end);
end
$$;
comment on function private.take(text, text, numeric, timestamptz) is
  'Takes tokens out of a key''s bucket: {allowed, limit, remaining, reset_s, retry_s}. The key must not come from the caller. What a transaction took comes back when it rolls back. A function takes at most one bucket before it does anything else: two in different order could wait for each other.';

create function public.purge_rate_limits(p_limit integer default 1000) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  if p_limit is null or p_limit not between 1 and 10000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'One call removes 1 to 10,000 rows';
  end if;
  -- What would be full again says nothing. Nobody waits for us, and we wait for nobody.
  delete from public.rate_limits where (rule, key, shard) in (
    select b.rule, b.key, b.shard
    from public.rate_limits b left join public.rate_limit_rules r on r.name = b.rule
    where r.name is null
      or (b.key <> 'shared' and b.refilled_at < now() - make_interval(secs => (r.capacity / r.refill_per_s)::float8))
    limit p_limit for update of b skip locked);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.purge_rate_limits(integer) is
  'Removes up to p_limit buckets that are full again; returns how many.';
grant execute on function public.purge_rate_limits(integer) to service_role;
