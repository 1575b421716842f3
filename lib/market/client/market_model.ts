import { computed, effect, signal } from "@preact/signals";
import { pageConnection } from "../../realtime/client/connection.ts";
import { fetchJson } from "../../realtime/client/fetch_json.ts";
import { marketTopic } from "../../realtime/topic.ts";
import type { Candle, CandleEvent, Ticker } from "../candle.ts";
import { eurRate } from "../eur_price.ts";
import { compareDecimals, type Direction } from "../format.ts";
import type { MarketPageData } from "../page.ts";
import type { Rate } from "../rates.ts";
import { type Timeframe, TIMEFRAME_MS } from "../timeframe.ts";
import { applyEvent, type CandleBook, CANDLES_MAX, createBook, mergeHistory, resumeFrom } from "./candle_book.ts";
import { fetchCandlesFrom, fetchLatestCandles } from "./candle_history.ts";
import { fetchRows, followMarket, type MarketKey } from "./market_feed.ts";

/** A gap is asked for at most this often: the server stores a close a moment after it is told. */
const CATCH_UP_MS_MIN = 2_000;

/** The day's figures are read again this often. */
const TICKER_MS = 30_000;

/** The last price and how it moved. */
export interface PriceMove {
  last: string | undefined;
  tick: Direction;
  sequence: number;
}

/** One market on one page: its candles, price and day, kept up to date. */
export class MarketModel {
  readonly page: MarketPageData;
  readonly timeframe = signal<Timeframe>("1m");
  readonly book = signal<CandleBook>(createBook(TIMEFRAME_MS["1m"], []));
  readonly ticker = signal<Ticker | null>(null);
  readonly move = signal<PriceMove>({ last: undefined, tick: "flat", sequence: 0 });
  /** Candles of a newly picked timeframe are on their way. */
  readonly isLoading = signal(false);
  /** Candles could not be fetched; what is shown may have a gap. */
  readonly isIncomplete = signal(false);
  /** The market is traded no more: there is nothing to follow. */
  readonly isDelisted = signal(false);
  /** EUR for one unit of the quote asset; null where it is missing or old. */
  readonly eurRate = signal<string | null>(null);
  /** The newest candles, as the table shows them. */
  readonly candles = computed(() => this.book.value.candles);

  #stopFollowing: () => void = () => {};
  #abort = new AbortController();
  #isFetchingHistory = false;
  #hasOlder = true;
  #catchUpTimer: ReturnType<typeof setTimeout> | undefined;
  #lastCatchUpMs = 0;

  constructor(page: MarketPageData, timeframe: Timeframe) {
    this.page = page;
    this.timeframe.value = timeframe;
    this.book.value = createBook(TIMEFRAME_MS[timeframe], page.candles);
    this.ticker.value = page.ticker;
    this.isDelisted.value = !page.symbol.active;
    this.eurRate.value = eurRate(page.symbol.quote, page.rates);
    this.move.value = { last: page.ticker?.last ?? page.candles.at(-1)?.c, tick: "flat", sequence: 0 };
  }

  /** Goes live; returns a function that ends everything. */
  start(): () => void {
    this.#follow();
    let wasLost = false;
    const stopEffect = effect(() => {
      const phase = pageConnection().phase.value;
      if (phase === "live" && wasLost) void this.#refreshDay();
      wasLost = phase === "reconnecting";
    });
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.#refreshDay();
    }, TICKER_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(this.#catchUpTimer);
      stopEffect();
      this.#stopFollowing();
      this.#abort.abort();
    };
  }

  /** Changes the timeframe; candles of the old one are gone at once, so that no figure lies. */
  async pick(timeframe: Timeframe): Promise<void> {
    if (timeframe === this.timeframe.value) return;
    this.#stopFollowing();
    this.#stopFollowing = () => {};
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#catchUpTimer);
    this.#catchUpTimer = undefined;
    this.#isFetchingHistory = false;
    this.#hasOlder = true;
    this.timeframe.value = timeframe;
    this.isLoading.value = true;
    this.book.value = createBook(TIMEFRAME_MS[timeframe], []);
    this.#follow();
    await this.#load((signal) => fetchLatestCandles(this.#key(), null, signal));
  }

  /** Fetches the candles before the oldest one, once at a time and until there are none. */
  async loadOlder(): Promise<void> {
    const first = this.book.value.candles[0];
    if (!first || this.#isFetchingHistory || !this.#hasOlder || this.isLoading.value) return;
    if (this.book.value.candles.length >= CANDLES_MAX) return;
    const { signal } = this.#abort;
    this.#isFetchingHistory = true;
    try {
      const items = await fetchLatestCandles(this.#key(), first.t, signal);
      if (signal.aborted) return;
      this.#hasOlder = items.length > 0;
      if (items.length > 0) this.book.value = mergeHistory(this.book.value, items);
    } catch {
      // Scrolling on asks again; the candles shown are complete as far as they go.
    } finally {
      if (!signal.aborted) this.#isFetchingHistory = false;
    }
  }

  #key(): MarketKey {
    const { exchange, symbol } = this.page.symbol;
    return { exchange, symbol, timeframe: this.timeframe.value };
  }

  #follow(): void {
    // The server refuses to watch what is not traded, and all that is asked for along with it.
    if (this.isDelisted.value) return;
    const { exchange, symbol, timeframe } = this.#key();
    const stopCandles = followMarket({ exchange, symbol, timeframe }, {
      onCandle: (event) => this.#take(event),
      onJoined: () => this.#catchUp(0),
    });
    const stopEnd = pageConnection().subscribe(marketTopic(exchange, symbol, timeframe), "delisted", {
      onPayload: (payload) => this.#end(payload),
      onJoined: () => {},
    });
    this.#stopFollowing = () => {
      stopCandles();
      stopEnd();
    };
  }

  /** The exchange has taken the market off its list. */
  #end(payload: unknown): void {
    const { token } = (payload ?? {}) as Record<string, unknown>;
    if (!(typeof token === "number" && token >= this.book.value.token)) return;
    this.isDelisted.value = true;
    this.#stopFollowing();
  }

  #take(event: CandleEvent): void {
    const { book, accepted, gapFrom } = applyEvent(this.book.value, event);
    if (!accepted) {
      this.book.value = book;
      return;
    }
    this.book.value = book;
    this.#movePrice(event.c);
    if (gapFrom !== null) this.#catchUp(CATCH_UP_MS_MIN);
  }

  /** Fetches what was missed, soon and not too often. */
  #catchUp(pauseMs: number): void {
    if (this.#catchUpTimer !== undefined || this.isLoading.value) return;
    const waitMs = Math.max(0, this.#lastCatchUpMs + pauseMs - Date.now());
    this.#catchUpTimer = setTimeout(async () => {
      this.#catchUpTimer = undefined;
      this.#lastCatchUpMs = Date.now();
      const from = firstMissing(this.book.value);
      await this.#load(
        (signal) =>
          from === 0 ? fetchLatestCandles(this.#key(), null, signal) : fetchCandlesFrom(this.#key(), from, signal),
      );
    }, waitMs);
  }

  async #load(fetch: (signal: AbortSignal) => Promise<Candle[]>): Promise<void> {
    const { signal } = this.#abort;
    try {
      const items = await fetch(signal);
      if (signal.aborted) return;
      this.isIncomplete.value = false;
      this.isLoading.value = false;
      if (items.length > 0) this.book.value = mergeHistory(this.book.value, items);
    } catch {
      if (signal.aborted) return;
      this.isIncomplete.value = true;
      this.isLoading.value = false;
      // Tried again until it works: a chart with a hole must not stay one.
      this.#catchUp(2 * CATCH_UP_MS_MIN);
    }
  }

  #movePrice(price: string): void {
    const before = this.move.value;
    const order = before.last === undefined ? 0 : compareDecimals(price, before.last);
    if (order !== 0 || before.last === undefined) {
      this.move.value = {
        last: price,
        tick: order > 0 ? "up" : order < 0 ? "down" : "flat",
        sequence: before.sequence + 1,
      };
    }
    const ticker = this.ticker.value;
    if (!ticker) return;
    if (compareDecimals(price, ticker.high_24h) > 0) this.ticker.value = { ...ticker, high_24h: price };
    if (compareDecimals(price, ticker.low_24h) < 0) this.ticker.value = { ...ticker, low_24h: price };
  }

  /** Reads the day's figures and the rate again. A rate that cannot be read is not known. */
  async #refreshDay(): Promise<void> {
    const { exchange, symbol, quote } = this.page.symbol;
    const [rows, rates] = await Promise.all([
      fetchRows(`q=${symbol}&exchange=${exchange}`).catch(() => []),
      fetchJson(`/api/v1/rates?assets=${encodeURIComponent(quote)}`).catch(() => null),
    ]);
    const fresh = rows.find((row) => row.symbol === symbol);
    if (fresh?.ticker) this.ticker.value = fresh.ticker;
    if (fresh?.active === false) this.#end({ token: this.book.value.token });
    const rate = (rates as { items?: Rate[] } | null)?.items?.[0];
    this.eurRate.value = eurRate(quote, rate ? { [quote]: rate } : {});
  }
}

/** Open time from which stored candles must be read: the first hole, or what follows the last closed candle. */
function firstMissing(book: CandleBook): number {
  const { candles, widthMs } = book;
  for (let i = Math.max(1, candles.length - GAP_SEARCH_MAX); i < candles.length; i++) {
    const before = candles[i - 1];
    const candle = candles[i];
    if (!before || !candle) continue;
    if (!before.closed) return before.t;
    if (candle.t > before.t + widthMs) return before.t + widthMs;
  }
  return resumeFrom(book);
}

/** Candles looked through for a hole: older ones were whole when they came. */
const GAP_SEARCH_MAX = 1_000;
