-- Anyone can call these without the edge, so their limits are here. What they did moves to schema private (that of
-- candles_page is there already), where the API does not reach; what the API sees takes from a bucket first, which
-- makes the readers volatile.
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('market_read', 300, 30, 1, 100, 16, 'Candles, symbols, market pages and feed statistics'),
  ('watch', 120, 4, 1, 250, 16, 'Saying which markets one looks at; a page does so every 30 seconds');

alter function public.symbols_page(text, text, integer, text, boolean) set schema private;
alter function public.market_page(text, text, text, integer) set schema private;
alter function public.ws_stats() set schema private;
alter function public.watch(text[], uuid) set schema private;
alter function public.unwatch(uuid) set schema private;
revoke execute on function private.symbols_page(text, text, integer, text, boolean),
  private.market_page(text, text, text, integer),
  private.ws_stats(), private.watch(text[], uuid), private.unwatch(uuid)
  from public, anon, authenticated, service_role;

create or replace function public.candles_page(
  p_exchange text, p_symbol text, p_timeframe text,
  p_from timestamptz default null, p_to timestamptz default null, p_limit integer default 500)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('market_read');
  return private.candles_page(p_exchange, p_symbol, p_timeframe, p_from, p_to, p_limit);
end
$$;

create function public.symbols_page(
  p_query text default null, p_exchange text default null, p_limit integer default 50,
  p_cursor text default null, p_spark boolean default false)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('market_read');
  return private.symbols_page(p_query, p_exchange, p_limit, p_cursor, p_spark);
end
$$;
comment on function public.symbols_page(text, text, integer, text, boolean) is
  'Listed symbols with their tickers, by exchange and symbol: {items, next_cursor}; p_spark adds the last 24 hourly closes.';
grant execute on function public.symbols_page(text, text, integer, text, boolean) to anon, authenticated, service_role;

create function public.market_page(p_exchange text, p_symbol text, p_timeframe text, p_limit integer default 300)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('market_read');
  return private.market_page(p_exchange, p_symbol, p_timeframe, p_limit);
end
$$;
comment on function public.market_page(text, text, text, integer) is
  'Everything a market page shows first: {symbol, ticker, feed, candles}.';
grant execute on function public.market_page(text, text, text, integer) to anon, authenticated, service_role;

create function public.ws_stats() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('market_read');
  return private.ws_stats();
end
$$;
comment on function public.ws_stats() is
  'How many exchange sockets the shared feed saves: one socket a session and timeframe is what clients would open on their own.';
grant execute on function public.ws_stats() to anon, authenticated, service_role;

create function public.watch(p_topics text[], p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('watch');
  return private.watch(p_topics, p_client_id);
end
$$;
comment on function public.watch(text[], uuid) is
  'Says that p_client_id looks at these market topics for the next 60 seconds. Call it again every 30.';
grant execute on function public.watch(text[], uuid) to anon, authenticated;

create function public.unwatch(p_client_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('watch');
  perform private.unwatch(p_client_id);
end
$$;
comment on function public.unwatch(uuid) is 'Says that p_client_id looks at nothing any more.';
grant execute on function public.unwatch(uuid) to anon, authenticated;
