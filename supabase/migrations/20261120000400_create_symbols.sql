-- What can be traded where. Everyone reads it through symbols_page(); the feed keeps it fresh.
create table public.symbols (
  exchange text not null check (exchange ~ '^[a-z][a-z0-9]{0,31}$'),
  symbol text not null check (symbol ~ '^[A-Z0-9.-]{1,40}$'),
  venue_symbol text not null check (char_length(venue_symbol) between 1 and 80),
  base text not null check (char_length(base) between 1 and 40),
  quote text not null check (char_length(quote) between 1 and 40),
  tick_size numeric not null check (tick_size > 0),
  lot_size numeric not null check (lot_size > 0),
  min_notional numeric not null check (min_notional >= 0),
  active boolean not null default true,
  updated_at timestamptz not null default now(),
  primary key (exchange, symbol)
);
alter table public.symbols enable row level security;
revoke all on public.symbols from anon, authenticated, service_role;

create function public.record_symbols(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.symbols as s
    (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional, active)
  select p_exchange, r.symbol, r.venue_symbol, r.base, r.quote, r.tick_size, r.lot_size, r.min_notional, r.active
  from jsonb_to_recordset(p_rows) as r(
    symbol text, venue_symbol text, base text, quote text,
    tick_size numeric, lot_size numeric, min_notional numeric, active boolean)
  on conflict (exchange, symbol) do update
    set venue_symbol = excluded.venue_symbol, base = excluded.base, quote = excluded.quote,
        tick_size = excluded.tick_size, lot_size = excluded.lot_size,
        min_notional = excluded.min_notional, active = excluded.active, updated_at = now()
    where (s.venue_symbol, s.base, s.quote, s.tick_size, s.lot_size, s.min_notional, s.active)
      is distinct from
      (excluded.venue_symbol, excluded.base, excluded.quote, excluded.tick_size, excluded.lot_size,
       excluded.min_notional, excluded.active);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.record_symbols(text, integer, jsonb) is
  'Upserts an exchange''s symbols under the lease feed:<exchange>; returns how many rows changed.';
grant execute on function public.record_symbols(text, integer, jsonb) to service_role;
