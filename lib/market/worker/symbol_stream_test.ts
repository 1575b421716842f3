import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import type { Ohlcv } from "../fold.ts";
import { findGaps } from "../gaps.ts";
import { FROM, historyOf, MINUTE, minuteAt } from "../testing.ts";
import { type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "../timeframe.ts";
import type { StoredCandles } from "./feed_store.ts";
import { BACKFILL_CANDLES, MINUTES_FOLDED_MAX, SymbolStream } from "./symbol_stream.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { type HistoryRequest, type Venue, VenueError } from "./venue.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

/** An exchange in memory, at the middle of minute `at`; its first minute is `since`. */
class Exchange {
  at: number;
  readonly since: number;
  /** Candles the history reaches back. */
  reach: number | null = null;
  requests: HistoryRequest[] = [];
  /** Called before each answer; may throw. */
  onRequest: (request: HistoryRequest) => void = () => {};
  readonly #histories = new Map<string, Ohlcv[]>();

  constructor(at: number, since = 0) {
    this.at = at;
    this.since = since;
  }

  venue(): Venue {
    return {
      exchange: "test",
      capabilities: { ...knownVenue("sim") as VenueCapabilities, historyReachCandles: this.reach },
      markets: () => Promise.resolve([]),
      quoteVolumes: () => Promise.resolve(new Map()),
      tickers: () => Promise.resolve([]),
      history: (request) => Promise.resolve().then(() => this.#answer(request)),
      trades: () => Promise.resolve([]),
      book: (symbol) => Promise.resolve({ symbol, bids: [], asks: [], at: null, depth: 0 }),
      start: () => {},
      setStreams: () => {},
      counts: () => ({ sockets: 0, streams: 0 }),
      close: () => Promise.resolve(),
    };
  }

  closed(timeframe: Timeframe): Ohlcv[] {
    const key = `${timeframe}@${this.at}`;
    let history = this.#histories.get(key);
    if (history === undefined) {
      history = historyOf(timeframe, this.since, this.at);
      this.#histories.set(key, history);
    }
    return history;
  }

  #answer(request: HistoryRequest): Ohlcv[] {
    this.requests.push(request);
    this.onRequest(request);
    const { timeframe, fromMs, limit } = request;
    const open = Math.floor((FROM + this.at * MINUTE) / TIMEFRAME_MS[timeframe]) * TIMEFRAME_MS[timeframe];
    const all = [...this.closed(timeframe), { ...minuteAt(this.at), t: open }].slice(-(this.reach ?? Infinity));
    return fromMs === undefined ? all.slice(-limit) : all.filter(({ t }) => t >= fromMs).slice(0, limit);
  }
}

interface Subject {
  stream: SymbolStream;
  rows: Map<Timeframe, Ohlcv[]>;
  gaps: { found: number; filled: number };
  bugs: unknown[];
  logs: string[];
  end(): void;
}

function openStream(exchange: Exchange, stored: Partial<StoredCandles> = {}): Subject {
  const stop = new AbortController();
  const rows = new Map<Timeframe, Ohlcv[]>(TIMEFRAMES.map((timeframe) => [timeframe, [...stored[timeframe] ?? []]]));
  const gaps = { found: 0, filled: 0 };
  const bugs: unknown[] = [];
  const logs: string[] = [];
  const stream = new SymbolStream({
    symbol: "BTC-USDT",
    priceDigits: 2,
    venue: exchange.venue(),
    logger: createLogger({ service: "test", write: (line) => logs.push(line), nowMs: () => 0 }),
    random: () => 0,
    signal: stop.signal,
    venueNow: () => Promise.resolve(FROM + exchange.at * MINUTE + MINUTE / 2),
    stored: () =>
      Promise.resolve(
        Object.fromEntries(TIMEFRAMES.map((tf) => [tf, (stored[tf] ?? []).slice(-BACKFILL_CANDLES)])) as StoredCandles,
      ),
    onClosed: (candles) => {
      for (const { timeframe, candle } of candles) rows.get(timeframe)?.push(candle);
    },
    onLive: () => {},
    onGap: (found, filled) => {
      gaps.found += found;
      gaps.filled += filled;
    },
    onBug: (error) => bugs.push(error),
    priority: 0,
  });
  return { stream, rows, gaps, bugs, logs, end: () => stop.abort() };
}

function tick(subject: Subject, i: number, closed: boolean): void {
  subject.stream.onTick({
    symbol: "BTC-USDT",
    candle: minuteAt(i),
    closed,
    et: FROM + i * MINUTE + (closed ? MINUTE : 1),
  });
}

/** Closes minutes as the live stream would, the exchange's clock going along. */
function live(subject: Subject, exchange: Exchange, until: number): void {
  while (exchange.at < until) {
    tick(subject, exchange.at, false);
    tick(subject, exchange.at++, true);
  }
}

function assertComplete(
  { rows, bugs }: Subject,
  exchange: Exchange,
  first: Partial<Record<Timeframe, number>> = {},
): void {
  assert.deepEqual(bugs, []);
  for (const timeframe of TIMEFRAMES) {
    const got = rows.get(timeframe) ?? [];
    assert.deepEqual(findGaps(timeframe, got.map(({ t }) => t)), [], `holes on ${timeframe}`);
    const from = first[timeframe] ?? got[0]?.t ?? 0;
    assert.deepEqual(got, exchange.closed(timeframe).filter(({ t }) => t >= from), timeframe);
  }
}

Deno.test("SymbolStream goes on after a kill at any row without a hole or a double", sanitized, async () => {
  for (const [lost, behind] of [[3, 0], [130, 2], [700, 40], [1_500, 700]] as const) {
    const exchange = new Exchange(4_400);
    const until = exchange.at - lost;
    const stored = Object.fromEntries(
      TIMEFRAMES.map((timeframe) => [timeframe, historyOf(timeframe, 0, timeframe === "1m" ? until : until - behind)]),
    );
    const subject = openStream(exchange, stored);
    subject.stream.onSubscribed();
    await subject.stream.idle();
    assert.ok(subject.stream.isLive);
    live(subject, exchange, exchange.at + 300);
    assertComplete(subject, exchange);
    assert.equal(subject.gaps.filled, subject.gaps.found);
    assert.ok(subject.gaps.found >= lost);
    subject.end();
  }
});

Deno.test(
  "SymbolStream reads each width by itself after an outage longer than minutes are folded over",
  sanitized,
  async () => {
    const exchange = new Exchange(MINUTES_FOLDED_MAX + 6_000);
    const stored = Object.fromEntries(TIMEFRAMES.map((timeframe) => [timeframe, historyOf(timeframe, 0, 3_000)]));
    const subject = openStream(exchange, stored);
    subject.stream.onSubscribed();
    await subject.stream.idle();
    live(subject, exchange, exchange.at + 10);
    assertComplete(subject, exchange);
    assert.ok(subject.logs.some((line) => line.includes("Long outage")));
    assert.ok(subject.gaps.found > MINUTES_FOLDED_MAX && subject.gaps.filled === subject.gaps.found);
    assert.ok(exchange.requests.some(({ timeframe }) => timeframe === "1d"));
    subject.end();
  },
);

Deno.test(
  "SymbolStream folds nothing from minutes that an exchange's short history no longer has",
  sanitized,
  async () => {
    const exchange = new Exchange(5_000);
    exchange.reach = 720;
    const stored = Object.fromEntries(TIMEFRAMES.map((timeframe) => [timeframe, historyOf(timeframe, 0, 3_000)]));
    const subject = openStream(exchange, stored);
    subject.stream.onSubscribed();
    await subject.stream.idle();
    live(subject, exchange, exchange.at + 1_500);
    for (const timeframe of TIMEFRAMES.slice(1)) {
      assert.deepEqual(subject.rows.get(timeframe), exchange.closed(timeframe), timeframe);
    }
    const minutes = subject.rows.get("1m") ?? [];
    const lost = findGaps("1m", minutes.map(({ t }) => t));
    assert.equal(lost.length, 1, "only what nobody has any more is missing");
    subject.end();
  },
);

Deno.test("SymbolStream splices live minutes that came while history was read", sanitized, async () => {
  const exchange = new Exchange(4_319);
  const subject = openStream(exchange);
  let answers = 0;
  // Minutes close while answers are on their way; one close and one answer are lost.
  exchange.onRequest = () => {
    answers++;
    if (answers <= 6) tick(subject, exchange.at++, answers !== 4);
    if (answers === 3) throw new VenueError("Cannot answer: a test");
  };
  subject.stream.onSubscribed();
  await subject.stream.idle();
  exchange.onRequest = () => {};
  live(subject, exchange, exchange.at + 1_500);
  await subject.stream.idle();
  live(subject, exchange, exchange.at + 1_500);
  assertComplete(subject, exchange);
  subject.end();
});

Deno.test(
  "SymbolStream fills a minute that the live stream never closed, whether the next tick or close shows it",
  sanitized,
  async () => {
    for (const closed of [true, false]) {
      const exchange = new Exchange(4_000);
      const subject = openStream(exchange);
      subject.stream.onSubscribed();
      await subject.stream.idle();
      const cold = { ...subject.gaps };
      exchange.at += 3;
      tick(subject, exchange.at, false);
      if (closed) tick(subject, exchange.at++, true);
      assert.ok(!subject.stream.isLive);
      await subject.stream.idle();
      assert.ok(subject.stream.isLive);
      live(subject, exchange, exchange.at + 700);
      assertComplete(subject, exchange);
      assert.deepEqual(cold, { found: 0, filled: 0 }, "a cold start misses nothing");
      assert.ok(subject.gaps.found >= 3 && subject.gaps.filled === subject.gaps.found);
      subject.end();
    }
  },
);

Deno.test("SymbolStream follows a symbol from its first minute on", sanitized, async () => {
  const exchange = new Exchange(4_326, 4_323);
  const subject = openStream(exchange);
  subject.stream.onSubscribed();
  await subject.stream.idle();
  assert.ok(subject.stream.isLive);
  for (let hour = 0; hour < 50; hour++) {
    live(subject, exchange, exchange.at + 60);
    await subject.stream.idle();
  }
  assertComplete(subject, exchange, Object.fromEntries(TIMEFRAMES.map((timeframe) => [timeframe, 0])));
  subject.end();
});

Deno.test("SymbolStream shows nothing forming while it is not live", sanitized, async () => {
  const exchange = new Exchange(4_000);
  const subject = openStream(exchange);
  tick(subject, 4_000, false);
  assert.equal(subject.stream.forming("1m"), null);
  subject.stream.onSubscribed();
  await subject.stream.idle();
  assert.equal(subject.stream.forming("1h")?.t, FROM + 3_960 * MINUTE);
  subject.stream.onSubscribed();
  assert.equal(subject.stream.forming("1h"), null);
  await subject.stream.idle();
  subject.end();
});
