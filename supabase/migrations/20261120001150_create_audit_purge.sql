-- Audit rows are kept for seven years; after that whole months may go. Where the chain then begins is remembered.
create function public.purge_audit_log(p_before timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_kept constant interval := interval '7 years';
  v_name text;
  v_seq bigint;
  v_hash bytea;
  v_dropped text[] := '{}';
begin
  if p_before is null or p_before > now() - v_kept then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'Audit rows are kept for 7 years';
  end if;
  perform 1 from public.audit_chain for update;
  for v_name in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.audit_log'::regclass and c.relname ~ '^audit_log_\d{4}_\d{2}$'
      and (to_date(substr(c.relname, 11), 'YYYY_MM')::timestamp + interval '1 month') at time zone 'utc' <= p_before
    order by c.relname
  loop
    -- A name proves nothing: what is young or unsealed stays, whatever its partition is called.
    execute format('select max(seq), (array_agg(hash order by seq desc nulls last))[1] from private.%I
      having coalesce(bool_and(seq is not null and at < $1), true)', v_name)
      into v_seq, v_hash using p_before;
    continue when v_seq is null and exists (
      select 1 from public.audit_log a
      where a.tableoid = format('private.%I', v_name)::regclass);
    update public.audit_chain set purged_seq = v_seq, purged_hash = v_hash where v_seq > purged_seq;
    execute format('drop table private.%I', v_name);
    v_dropped := v_dropped || v_name;
  end loop;
  if cardinality(v_dropped) > 0 then
    perform private.audit('audit.purged', 'audit_log', null,
      jsonb_build_object('before', p_before, 'partitions', to_jsonb(v_dropped)));
  end if;
  return jsonb_build_object('dropped', to_jsonb(v_dropped));
end
$$;
comment on function public.purge_audit_log(timestamptz) is
  'Drops the audit log''s months that ended before p_before, which must be 7 years ago or more: {dropped}.';
grant execute on function public.purge_audit_log(timestamptz) to service_role;
