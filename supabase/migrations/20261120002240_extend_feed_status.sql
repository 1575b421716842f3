-- What the monitor page shows of a feed, besides what it had.
alter table public.feed_status
  add column holder uuid,
  add column token integer check (token > 0),
  add column started_at timestamptz,
  add column planned_reconnects integer not null default 0 check (planned_reconnects >= 0),
  add column bad_frames bigint not null default 0 check (bad_frames >= 0),
  add column folds_checked bigint not null default 0 check (folds_checked >= 0),
  add column folds_differing bigint not null default 0 check (folds_differing >= 0),
  add column repairs bigint not null default 0 check (repairs >= 0),
  add column ticks_per_s numeric check (ticks_per_s >= 0),
  -- From the exchange's event time to our broadcast, over the last minute.
  add column lag_p50_ms integer check (lag_p50_ms >= 0),
  add column lag_p99_ms integer check (lag_p99_ms >= 0),
  add column queued_rows integer not null default 0 check (queued_rows >= 0),
  add column symbols_stale integer not null default 0 check (symbols_stale >= 0),
  -- Terms of office begun so far: each one past the first was a takeover or a restart.
  add column terms integer not null default 0 check (terms >= 0);

create or replace function public.record_feed(p_exchange text, p_token integer, p_status jsonb, p_tickers jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.feed_status as f
    (exchange, state, sockets, streams, reconnects, gaps_found, gaps_filled, last_event_at, updated_at, holder, token,
     started_at, planned_reconnects, bad_frames, folds_checked, folds_differing, repairs, ticks_per_s, lag_p50_ms,
     lag_p99_ms, queued_rows, symbols_stale, terms)
  select p_exchange, r.state, r.sockets, r.streams, r.reconnects, r.gaps_found, r.gaps_filled,
    private.from_unix_ms(r.last_event_ms), now(), (select l.holder from public.leases l where l.name = 'feed:' || p_exchange),
    p_token, now(), coalesce(r.planned_reconnects, 0), coalesce(r.bad_frames, 0), coalesce(r.folds_checked, 0),
    coalesce(r.folds_differing, 0), coalesce(r.repairs, 0), r.ticks_per_s, r.lag_p50_ms, r.lag_p99_ms,
    coalesce(r.queued_rows, 0), coalesce(r.symbols_stale, 0), 1
  from jsonb_to_record(p_status) as r(
    state text, sockets integer, streams integer, reconnects integer,
    gaps_found integer, gaps_filled integer, last_event_ms bigint, planned_reconnects integer, bad_frames bigint,
    folds_checked bigint, folds_differing bigint, repairs bigint, ticks_per_s numeric, lag_p50_ms integer,
    lag_p99_ms integer, queued_rows integer, symbols_stale integer)
  on conflict (exchange) do update
    set state = excluded.state, sockets = excluded.sockets, streams = excluded.streams,
        reconnects = excluded.reconnects, gaps_found = excluded.gaps_found, gaps_filled = excluded.gaps_filled,
        last_event_at = coalesce(excluded.last_event_at, f.last_event_at), updated_at = excluded.updated_at,
        holder = excluded.holder, token = excluded.token,
        started_at = case when f.token is distinct from excluded.token then excluded.started_at else f.started_at end,
        terms = f.terms + case when f.token is distinct from excluded.token then 1 else 0 end,
        planned_reconnects = excluded.planned_reconnects, bad_frames = excluded.bad_frames,
        folds_checked = excluded.folds_checked, folds_differing = excluded.folds_differing, repairs = excluded.repairs,
        ticks_per_s = excluded.ticks_per_s, lag_p50_ms = excluded.lag_p50_ms, lag_p99_ms = excluded.lag_p99_ms,
        queued_rows = excluded.queued_rows, symbols_stale = excluded.symbols_stale;
  insert into public.tickers as t
    (exchange, symbol, last, at, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h)
  select p_exchange, r.symbol, r.last, private.from_unix_ms(r.at_ms), r.open_24h, r.high_24h, r.low_24h,
    r.volume_24h, r.quote_volume_24h
  from jsonb_to_recordset(p_tickers) as r(
    symbol text, last numeric, at_ms bigint, open_24h numeric, high_24h numeric, low_24h numeric,
    volume_24h numeric, quote_volume_24h numeric)
  on conflict (exchange, symbol) do update
    set last = excluded.last, at = excluded.at, open_24h = excluded.open_24h, high_24h = excluded.high_24h,
        low_24h = excluded.low_24h, volume_24h = excluded.volume_24h, quote_volume_24h = excluded.quote_volume_24h
    -- What is polled for all markets may be older than what was streamed for one of them.
    where excluded.at >= t.at;
end
$$;
comment on function public.record_feed(text, integer, jsonb, jsonb) is
  'Stores an exchange''s feed status and tickers in one call under the lease feed:<exchange>.';

-- Silence longer than this, in a symbol whose exchange speaks or in the whole feed, and its price is not to be trusted.
create function private.stale_after() returns interval
language sql immutable set search_path = ''
as $$ select interval '5 seconds' $$;

create function private.ticker_is_stale(p_ticker public.tickers, p_feed public.feed_status) returns boolean
language sql stable set search_path = ''
as $$
  select p_feed.exchange is null or p_feed.state <> 'live' or p_feed.updated_at < now() - private.stale_after()
    or p_ticker.at < p_feed.last_event_at - private.stale_after()
$$;
comment on function private.ticker_is_stale(public.tickers, public.feed_status) is
  'Whether a symbol''s price is older than its exchange''s newest event by more than 5 s, or its feed does not report.';
