-- Says whether the audit chain holds. What a superuser changed shows in the rows themselves; what was cut from the end,
-- or chained anew after a change, shows against heads that were exported before.
create function public.verify_audit_chain(p_from_seq bigint default 1, p_heads jsonb default null) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- A few hundred milliseconds' work.
  v_rows_max constant integer := 10000;
  v_heads_max constant integer := 1000;
  v_chain public.audit_chain;
  v_from bigint;
  v_before bytea;
  v_count integer;
  v_last bigint;
  v_last_hash bytea;
  v_bad bigint;
  v_reason text;
  v_done boolean;
  v_head record;
begin
  if p_from_seq is null or p_from_seq < 1 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The chain begins at 1';
  elsif p_heads is not null and (jsonb_typeof(p_heads) <> 'array' or jsonb_array_length(p_heads) > v_heads_max
    or exists (select 1 from jsonb_array_elements(p_heads) as h
      where not coalesce(h ->> 'seq' ~ '^\d{1,18}$' and h ->> 'hash' ~ '^[0-9a-f]{64}$', false))) then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = format('Heads are an array of at most %s objects {seq, hash, at}', v_heads_max);
  end if;
  select * into v_chain from public.audit_chain;
  v_from := greatest(p_from_seq, v_chain.purged_seq + 1);
  if v_from = v_chain.purged_seq + 1 then
    v_before := v_chain.purged_hash;
  else
    select a.hash into v_before from public.audit_log a where a.seq = v_from - 1 limit 1;
    if not found then
      select coalesce(max(a.seq), v_chain.purged_seq) into v_last from public.audit_log a where a.seq < v_from;
      return jsonb_build_object('ok', false, 'checked', 0, 'first_bad_seq', (v_last + 1)::text, 'next_seq', null,
        'reason', case when exists (select 1 from public.audit_log a where a.seq >= v_from)
          then 'row_missing' else 'tail_cut' end);
    end if;
  end if;

  with chunk as (
    select a.seq, a.hash, a.prev_hash, private.audit_hash(a) as own_hash,
      lag(a.seq, 1, v_from - 1) over w as before_seq, lag(a.hash, 1, v_before) over w as before_hash
    from (select * from public.audit_log x where x.seq >= v_from order by x.seq, x.id limit v_rows_max) as a
    window w as (order by a.seq, a.id)
  ),
  judged as (
    select c.seq, c.hash, case when c.seq > c.before_seq + 1 then c.before_seq + 1 else c.seq end as bad_seq,
      case
        when c.seq = c.before_seq then 'row_repeated'
        when c.seq > c.before_seq + 1 then 'row_missing'
        when c.hash is distinct from c.own_hash then 'row_changed'
        when c.prev_hash is distinct from c.before_hash then 'chain_broken'
      end as reason
    from chunk c
  )
  select count(*), coalesce(max(j.seq), v_from - 1), (array_agg(j.hash order by j.seq desc))[1],
    min(j.bad_seq) filter (where j.reason is not null),
    (array_agg(j.reason order by j.bad_seq) filter (where j.reason is not null))[1]
  into v_count, v_last, v_last_hash, v_bad, v_reason
  from judged j;
  v_done := v_count < v_rows_max;
  v_last_hash := coalesce(v_last_hash, v_before);

  if v_done and v_bad is null and (v_last, v_last_hash) is distinct from (v_chain.seq, v_chain.hash) then
    v_reason := case when v_last < v_chain.seq then 'tail_cut' else 'head_differs' end;
    v_bad := case when v_last = v_chain.seq then v_last else least(v_last, v_chain.seq) + 1 end;
  end if;

  for v_head in
    select (h ->> 'seq')::bigint as seq, h ->> 'hash' as hash, (h ->> 'at')::timestamptz as at
    from jsonb_array_elements(coalesce(p_heads, '[]')) as h
    order by 1
  loop
    exit when v_bad is not null and v_head.seq > v_bad;
    if v_head.seq <= v_chain.purged_seq then
      -- Rows younger than that are never purged: whoever says so hides something.
      if v_head.seq >= p_from_seq and v_head.at > now() - interval '7 years' then
        v_bad := v_head.seq;
        v_reason := 'row_missing';
      end if;
    elsif v_head.seq > v_last then
      if v_done then
        v_bad := v_last + 1;
        v_reason := 'tail_cut';
      end if;
    elsif v_head.seq >= v_from - 1 and not exists (
      select 1 from public.audit_log a where a.seq = v_head.seq and encode(a.hash, 'hex') = v_head.hash) then
      v_bad := v_head.seq;
      v_reason := 'head_differs';
    end if;
  end loop;

  return jsonb_build_object('ok', v_bad is null, 'checked', v_count, 'first_bad_seq', v_bad::text,
    'reason', v_reason, 'next_seq', case when v_bad is null and not v_done then (v_last + 1)::text end);
end
$$;
comment on function public.verify_audit_chain(bigint, jsonb) is
  'Checks up to 10,000 sealed rows from p_from_seq on, and exported heads [{seq, hash, at}] among them: {ok, checked, first_bad_seq, reason, next_seq}. Reasons: row_changed, row_missing, row_repeated, chain_broken, tail_cut, head_differs. Call it again with next_seq until that is null.';
grant execute on function public.verify_audit_chain(bigint, jsonb) to service_role;
