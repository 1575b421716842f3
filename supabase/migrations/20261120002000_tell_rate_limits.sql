-- Whoever is limited is told how much is left, in the answer's own headers: RateLimit-Limit, -Remaining and -Reset as
-- they are widely read, and RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10, where q is the
-- bucket's size, w the seconds that fill it, r what is left and t the seconds until it is full.
create function private.rate_headers(p_rule text, p_taken jsonb, p_window_s integer) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'RateLimit-Limit', p_taken ->> 'limit',
    'RateLimit-Remaining', p_taken ->> 'remaining',
    'RateLimit-Reset', p_taken ->> 'reset_s',
    'RateLimit-Policy', format('"%s";q=%s;w=%s', p_rule, p_taken ->> 'limit', p_window_s),
    'RateLimit', format('"%s";r=%s;t=%s', p_rule, p_taken ->> 'remaining', p_taken ->> 'reset_s'))
$$;

create function private.refuse_rate(p_retry_s integer, p_headers jsonb default '{}') returns void
language plpgsql volatile set search_path = ''
as $$
begin
  -- PostgREST's own way to raise an error with headers; the body is that of any refusal.
  raise sqlstate 'PGRST' using
    message = jsonb_build_object('code', 'PT429', 'message', 'rate_limited',
      'details', format('Too many requests: try again in %s s', p_retry_s), 'hint', p_retry_s::text)::text,
    detail = jsonb_build_object('status', 429,
      'headers', p_headers || jsonb_build_object('Retry-After', p_retry_s::text))::text;
end
$$;
comment on function private.refuse_rate(integer, jsonb) is
  'Raises rate_limited: the hint and the header Retry-After are the seconds to wait.';

create or replace function private.require_rate(p_rule text, p_key text default null, p_cost numeric default null)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_taken jsonb;
  v_headers jsonb;
begin
  -- The worker is no stranger.
  if auth.role() = 'service_role' then
    return;
  end if;
  v_taken := private.take(p_rule, coalesce(p_key, private.caller_key()), p_cost);
  select private.rate_headers(p_rule, v_taken, ceil(r.capacity / r.refill_per_s)::integer) into v_headers
  from public.rate_limit_rules r where r.name = p_rule;
  if not (v_taken ->> 'allowed')::boolean then
    perform private.refuse_rate((v_taken ->> 'retry_s')::integer, v_headers);
  end if;
  -- What another function has set stays: PostgREST reads one list.
  perform set_config('response.headers', (
    coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb
    || (select jsonb_agg(jsonb_build_object(h.key, h.value)) from jsonb_each_text(v_headers) as h))::text, true);
end
$$;
comment on function private.require_rate(text, text, numeric) is
  'Takes from the caller''s bucket, or that of p_key, and raises rate_limited when it is empty; the hint is the seconds to wait. Sets the answer''s RateLimit headers.';
