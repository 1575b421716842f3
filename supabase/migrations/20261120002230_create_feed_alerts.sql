-- What is wrong with a feed's data, from when to when.
create table public.feed_alerts (
  id uuid primary key default private.uuid_v7(),
  exchange text not null check (exchange ~ '^[a-z][a-z0-9]{0,31}$'),
  -- Empty for what concerns the whole exchange.
  symbol text not null check (symbol ~ '^[A-Z0-9.-]{0,40}$'),
  kind text not null check (kind in ('symbol_silent', 'gap_unfilled', 'fold_mismatch', 'bad_frames', 'clock_skew')),
  detail jsonb not null default '{}' check (pg_column_size(detail) <= 2048),
  opened_at timestamptz not null default clock_timestamp(),
  resolved_at timestamptz
);
create unique index feed_alerts_open_idx on public.feed_alerts (exchange, symbol, kind) where resolved_at is null;
create index feed_alerts_exchange_idx on public.feed_alerts (exchange, id desc);
alter table public.feed_alerts enable row level security;
revoke all on public.feed_alerts from anon, authenticated, service_role;

create function public.set_feed_alerts(p_exchange text, p_token integer, p_open jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A dead exchange is one fact, not a thousand.
  v_open_max constant integer := 200;
  -- Finished ones kept of an exchange.
  v_kept_max constant integer := 1000;
  -- Administrators hear of one kind once in this time.
  v_quiet constant interval := interval '1 hour';
  v_opened integer;
  v_resolved integer;
  v_news jsonb;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  update public.feed_alerts a set resolved_at = clock_timestamp()
  where a.exchange = p_exchange and a.resolved_at is null and not exists (
    select 1 from jsonb_to_recordset(p_open) as o(symbol text, kind text)
    where coalesce(o.symbol, '') = a.symbol and o.kind = a.kind);
  get diagnostics v_resolved = row_count;
  with news as (
    insert into public.feed_alerts (exchange, symbol, kind, detail)
    select p_exchange, coalesce(o.symbol, ''), o.kind, coalesce(o.detail, '{}')
    from jsonb_to_recordset(p_open) as o(symbol text, kind text, detail jsonb)
    limit greatest(0, v_open_max - (
      select count(*) from public.feed_alerts a where a.exchange = p_exchange and a.resolved_at is null))
    on conflict (exchange, symbol, kind) where resolved_at is null do nothing
    returning symbol, kind)
  select coalesce(sum(jsonb_array_length(n.symbols)), 0), jsonb_object_agg(n.kind, n.symbols) into v_opened, v_news
  from (select kind, jsonb_agg(symbol) as symbols from news group by kind) as n;
  if v_news is not null then
    perform private.notify_user(d.user_id, 'feed_alert',
      jsonb_build_object('exchange', p_exchange, 'kind', n.key, 'symbol', n.value ->> 0, 'symbols', jsonb_array_length(n.value)))
    from public.admins d cross join jsonb_each(v_news) as n
    where not exists (
      select 1 from public.notifications x
      where x.user_id = d.user_id and x.kind = 'feed_alert' and x.created_at > now() - v_quiet
        and x.data ->> 'exchange' = p_exchange and x.data ->> 'kind' = n.key);
  end if;
  delete from public.feed_alerts a where a.exchange = p_exchange and a.resolved_at is not null and a.id <= (
    select x.id from public.feed_alerts x where x.exchange = p_exchange and x.resolved_at is not null
    order by x.id desc offset v_kept_max limit 1);
  return jsonb_build_object('opened', v_opened, 'resolved', v_resolved);
end
$$;
comment on function public.set_feed_alerts(text, integer, jsonb) is
  'Says which data-quality alerts {symbol,kind,detail} of an exchange are open now, under the lease feed:<exchange>: new ones open and reach administrators, absent ones are resolved. Returns {opened, resolved}.';
grant execute on function public.set_feed_alerts(text, integer, jsonb) to service_role;
