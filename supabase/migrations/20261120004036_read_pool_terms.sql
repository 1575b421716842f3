-- What administrators and managers write of a pool's terms, read at one door.
create function private.refuse_pool(p_detail text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise sqlstate 'PT400' using message = 'invalid_pool', detail = p_detail;
end
$$;

create function private.read_percent(p_text text, p_name text, p_max integer) returns numeric
language plpgsql immutable set search_path = ''
as $$
begin
  if p_text is null or p_text !~ '^[0-9]{1,5}(\.[0-9]{1,2})?$' or p_text::numeric > p_max then
    perform private.refuse_pool(format('%s is 0 to %s, with 2 digits behind the point', p_name, p_max));
  end if;
  return p_text::numeric;
end
$$;

create function private.read_trading(p_metadata jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
declare
  v_metadata jsonb := coalesce(nullif(p_metadata, 'null'), '{}');
  v_trading jsonb;
begin
  if jsonb_typeof(v_metadata) <> 'object' or pg_column_size(v_metadata) > 8192 then
    perform private.refuse_pool('The metadata is an object of 8 kB at most');
  end if;
  v_trading := coalesce(nullif(v_metadata -> 'trading', 'null'), '{}');
  if jsonb_typeof(v_trading) <> 'object' or coalesce(v_trading ->> 'adapter', 'simulated') not in ('simulated', 'http') then
    perform private.refuse_pool('The adapter is simulated or http');
  elsif v_trading ->> 'adapter' = 'http' and coalesce(v_trading ->> 'url', '') !~ '^https?://[^\s/@?#]+(/[^\s@?#]*)?$' then
    -- A name and password in it would be shown to whoever reads the pool.
    perform private.refuse_pool('An http adapter has a url, without credentials');
  elsif coalesce(v_trading ->> 'symbol', 'X') !~ '^[A-Z0-9.-]{1,40}$' or coalesce(v_trading ->> 'exchange', 'x') !~ '^[a-z][a-z0-9]{0,31}$' then
    perform private.refuse_pool('The symbol or the exchange is malformed');
  end if;
  return v_metadata || jsonb_build_object('trading', '{"adapter": "simulated"}' || v_trading);
end
$$;
comment on function private.read_trading(jsonb) is
  'A pool''s metadata with its trading adapter, simulated where none is named; raises invalid_pool.';

create function private.read_lead(p_cycle text, p_text text) returns interval
language plpgsql immutable set search_path = ''
as $$
declare
  v_default integer := case p_cycle when 'hourly' then 300 when 'daily' then 3600 when 'weekly' then 14400 when 'monthly' then 86400 else 0 end;
  -- A cycle has time for requests before its cut-off.
  v_max integer := case p_cycle when 'hourly' then 3540 when 'daily' then 82800 else 518400 end;
begin
  if p_text !~ '^[0-9]{1,6}$' or p_text::integer > v_max then
    perform private.refuse_pool(format('The cut-off of this cycle is 0 to %s seconds before its end', v_max));
  end if;
  return make_interval(secs => coalesce(p_text::integer, v_default));
end
$$;

create function private.apply_pool_terms(p_pool public.pools, p_changes jsonb, p_keys text[]) returns public.pools
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_pool public.pools := p_pool;
  v_key text;
begin
  if jsonb_typeof(p_changes) is distinct from 'object' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A pool is an object';
  end if;
  select k into v_key from jsonb_object_keys(p_changes) as k where k <> all (p_keys) limit 1;
  if found then
    perform private.refuse_pool(format('"%s" cannot be set here', left(v_key, 40)));
  end if;
  v_pool.name := case when p_changes ? 'name' then btrim(p_changes ->> 'name') else v_pool.name end;
  v_pool.description := case when p_changes ? 'description' then coalesce(p_changes ->> 'description', '') else v_pool.description end;
  v_pool.currency := case when p_changes ? 'currency' then p_changes ->> 'currency' else v_pool.currency end;
  v_pool.visibility := case when p_changes ? 'visibility' then p_changes ->> 'visibility' else v_pool.visibility end;
  if v_pool.name is null or char_length(v_pool.name) not between 3 and 60 then
    perform private.refuse_pool('A name has 3 to 60 letters');
  elsif char_length(v_pool.description) > 2000 then
    perform private.refuse_pool('A description has 2000 letters at most');
  elsif v_pool.visibility is null or v_pool.visibility not in ('public', 'private') then
    perform private.refuse_pool('The visibility is public or private');
  elsif v_pool.currency is distinct from p_pool.currency and p_pool.status <> 'draft' then
    perform private.refuse_pool('The currency of a pool that was opened stays');
  elsif not exists (select 1 from public.assets a where a.asset = v_pool.currency) then
    raise sqlstate 'PT400' using message = 'unknown_asset', detail = 'No such asset in the ledger';
  end if;
  if p_changes ? 'cycle' or p_changes ? 'cutoff_lead_s' then
    v_pool.cycle := case when p_changes ? 'cycle' then p_changes ->> 'cycle' else v_pool.cycle end;
    if v_pool.cycle is null or v_pool.cycle not in ('manual', 'hourly', 'daily', 'weekly', 'monthly') then
      perform private.refuse_pool('The cycle is manual, hourly, daily, weekly or monthly');
    end if;
    v_pool.cutoff_lead := private.read_lead(v_pool.cycle, p_changes ->> 'cutoff_lead_s');
  end if;
  if p_changes ? 'minimum' then
    v_pool.minimum := private.parse_amount(p_changes ->> 'minimum', v_pool.currency);
  end if;
  if p_changes ? 'cap' then
    v_pool.cap := case when p_changes ->> 'cap' is not null then private.parse_amount(p_changes ->> 'cap', v_pool.currency) end;
  end if;
  if v_pool.cap < v_pool.minimum then
    perform private.refuse_pool('The cap is not below the minimum');
  end if;
  if p_changes ? 'platform_share_percent' then
    v_pool.platform_share_percent := private.read_percent(p_changes ->> 'platform_share_percent', 'The platform''s share', 100);
  end if;
  if p_changes ? 'equity_move_percent_max' then
    v_pool.equity_move_percent_max := greatest(1, private.read_percent(p_changes ->> 'equity_move_percent_max', 'The largest move', 10000));
  end if;
  if p_changes ? 'manager_id' then
    if coalesce(p_changes ->> 'manager_id', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
      or not exists (select 1 from public.profiles p where p.id = (p_changes ->> 'manager_id')::uuid) then
      perform private.refuse_pool('The manager is a user of the platform');
    end if;
    v_pool.manager_id := (p_changes ->> 'manager_id')::uuid;
  end if;
  if p_changes ? 'metadata' then
    v_pool.metadata := private.read_trading(p_changes -> 'metadata');
  end if;
  return v_pool;
end
$$;
comment on function private.apply_pool_terms(public.pools, jsonb, text[]) is
  'A pool with what is written in the changes, of which the keys are allowed; the fee is announced elsewhere. Raises invalid_pool, invalid_amount, unknown_asset, bad_request.';

create function private.announce_fee(p_pool public.pools, p_percent numeric, p_by uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Lower than what would hold next, it holds next; else whoever joins now has two cycles to leave.
  v_next numeric := coalesce((
    select f.manager_fee_percent from public.pool_fee_changes f
    where f.pool_id = p_pool.id and f.cycle_no = p_pool.cycle_no + 1), p_pool.manager_fee_percent);
  v_last numeric := coalesce((
    select f.manager_fee_percent from public.pool_fee_changes f
    where f.pool_id = p_pool.id and f.cycle_no > p_pool.cycle_no order by f.cycle_no desc limit 1), p_pool.manager_fee_percent);
  v_rises boolean := p_percent > v_next;
  v_cycle_no integer := case when v_rises then private.joining_cycle(p_pool) + 2 else p_pool.cycle_no + 1 end;
begin
  if p_percent = v_last then
    return;
  end if;
  -- The newest word stands, but for what was promised to be lower until then.
  delete from public.pool_fee_changes f
  where f.pool_id = p_pool.id and f.cycle_no > p_pool.cycle_no and (f.cycle_no >= v_cycle_no or f.manager_fee_percent > p_percent);
  insert into public.pool_fee_changes (pool_id, cycle_no, manager_fee_percent, announced_by)
  values (p_pool.id, v_cycle_no, p_percent, p_by);
  perform private.audit('pool.fee_announced', 'pool', p_pool.id::text, jsonb_build_object('cycle_no', v_cycle_no,
    'from', trim_scale(v_last)::text, 'to', trim_scale(p_percent)::text));
  perform private.tell_pool_investors(p_pool.id, 'fee_announced', jsonb_build_object('cycle_no', v_cycle_no,
    'from', trim_scale(v_last)::text, 'to', trim_scale(p_percent)::text));
end
$$;
comment on function private.announce_fee(public.pools, numeric, uuid) is
  'Announces a pool''s fee: a lower one for the next cycle opened, a higher one for the second cycle after the one that requests join now. Saying the same again is no news. The pool''s row is locked.';
