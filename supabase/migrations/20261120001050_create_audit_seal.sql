-- The chain over the audit log. Each sealed row holds the hash of its own text and of the row before it, so that no row
-- can be changed, taken out or moved without all later ones telling. Only a tail can be cut unseen, which the
-- heads that the worker exports show. A row is unprotected until it is sealed, about a second.
create table public.audit_chain (
  only_row boolean primary key default true check (only_row),
  seq bigint not null default 0 check (seq >= 0),
  hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(hash) = 32),
  sealed_at timestamptz,
  -- What the first row that was kept follows, after a purge.
  purged_seq bigint not null default 0 check (purged_seq between 0 and seq),
  purged_hash bytea not null default decode(repeat('00', 32), 'hex') check (octet_length(purged_hash) = 32)
);
insert into public.audit_chain default values;
alter table public.audit_chain enable row level security;
revoke all on public.audit_chain from anon, authenticated, service_role;
create trigger refuse_delete before delete on public.audit_chain
  for each row execute function private.refuse_audit_change();
create trigger refuse_truncate before truncate on public.audit_chain
  for each statement execute function private.refuse_audit_change();

create function private.audit_hash(p_row public.audit_log) returns bytea
language sql stable set search_path = ''
as $$
  -- A JSON array leaves no doubt where a column ends. Times are Unix microseconds: no setting changes their text.
  select sha256(convert_to(jsonb_build_array(
    p_row.seq::text, p_row.id, (extract(epoch from p_row.at) * 1000000)::bigint::text, p_row.actor, p_row.actor_role,
    p_row.session_id, p_row.action, p_row.subject_type, p_row.subject_id, p_row.detail, p_row.request_id,
    p_row.address, encode(p_row.prev_hash, 'hex'))::text, 'UTF8'))
$$;
comment on function private.audit_hash(public.audit_log) is
  'SHA-256 over the canonical text of a row with its seq and prev_hash: what its hash must be.';

create function private.guard_audit_update() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if old.seq is null and new.seq is not null and new.hash = private.audit_hash(new)
    and (new.id, new.at, new.actor, new.actor_role, new.session_id, new.action, new.subject_type, new.subject_id,
        new.detail, new.request_id, new.address)
      is not distinct from
      (old.id, old.at, old.actor, old.actor_role, old.session_id, old.action, old.subject_type, old.subject_id,
        old.detail, old.request_id, old.address) then
    return new;
  end if;
  raise sqlstate 'PT403' using message = 'forbidden', detail = 'The audit log is only ever added to';
end
$$;
create trigger guard_update before update on public.audit_log
  for each row execute function private.guard_audit_update();

create function public.seal_audit_log(p_lease_token integer, p_limit integer default 500) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_chain public.audit_chain;
  v_row public.audit_log;
  v_count integer := 0;
begin
  if p_limit is null or p_limit not between 1 and 2000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'One call seals 1 to 2,000 rows';
  end if;
  perform private.require_lease('audit', p_lease_token);
  -- Even where a lease went wrong the chain has one writer at a time.
  select * into v_chain from public.audit_chain for update;
  -- Rows of transactions that are still open are not seen: they get later numbers, and nobody waits for them.
  for v_row in
    select * from public.audit_log a where a.seq is null order by a.at, a.id limit p_limit
  loop
    v_count := v_count + 1;
    v_row.seq := v_chain.seq + v_count;
    v_row.prev_hash := v_chain.hash;
    v_chain.hash := private.audit_hash(v_row);
    update public.audit_log a set seq = v_row.seq, prev_hash = v_row.prev_hash, hash = v_chain.hash
    where a.id = v_row.id and a.at = v_row.at;
  end loop;
  if v_count > 0 then
    update public.audit_chain set seq = seq + v_count, hash = v_chain.hash, sealed_at = clock_timestamp()
    where only_row;
  end if;
  return jsonb_build_object('sealed', v_count, 'seq', (v_chain.seq + v_count)::text,
    'hash', encode(v_chain.hash, 'hex'), 'more', v_count = p_limit);
end
$$;
comment on function public.seal_audit_log(integer, integer) is
  'Chains unsealed audit rows, oldest first, under the lease audit: {sealed, seq, hash, more}.';
grant execute on function public.seal_audit_log(integer, integer) to service_role;

create function public.audit_head() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('seq', c.seq::text, 'hash', encode(c.hash, 'hex'), 'sealed_at', c.sealed_at,
    'unsealed', (select count(*)::integer from (
      select 1 from public.audit_log a where a.seq is null limit 10000) as u))
  from public.audit_chain c
$$;
comment on function public.audit_head() is
  'Where the audit chain ends: {seq, hash, sealed_at, unsealed}; unsealed counts up to 10,000.';
grant execute on function public.audit_head() to service_role;
