-- Anyone can have attempts counted for addresses they make up, a few for each: the audit log, which is kept for years,
-- takes only so many rows a minute about that. The rest is as it was.
create or replace function private.count_attempt(p_rule text, p_key text, p_at timestamptz default clock_timestamp())
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Beyond this many doublings every delay is the longest one.
  v_doublings_max constant integer := 20;
  v_slowed_rows_max constant integer := 60;
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
  -- Once, when it begins, and counted without a lock: a few more at once do no harm. An account shows as the hash of its
  -- address.
  if v_count.attempts = v_rule.free_attempts and (
    select count(*) from (select 1 from public.audit_log a
      where a.action = 'auth.attempts_slowed' and a.at > clock_timestamp() - interval '1 minute'
      limit v_slowed_rows_max) as slowed) < v_slowed_rows_max then
    perform private.audit('auth.attempts_slowed', 'attempts', p_key, jsonb_build_object('rule', p_rule));
  end if;
  return 0;
end
$$;
