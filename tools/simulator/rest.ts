import { bookAt, formatLevels } from "./book.ts";
import { formatUnits } from "./fold.ts";
import type { Faults } from "./faults.ts";
import { INTERVAL_MINUTES } from "./intervals.ts";
import { Params, VenueError } from "./params.ts";
import { aggTradeRow, exchangeInfo, findSpecs, klineRow, ticker24h, tradeRow } from "./payloads.ts";
import { LISTED_MINUTE, type Market, MINUTE_MS, type PriceModel } from "./price.ts";
import { SYMBOLS } from "./symbols.ts";
import type { Trade } from "./trades.ts";

/** Request weight a minute (of wall time) all callers may use together, as Binance allows one address. */
export const WEIGHT_MAX = 6_000;
const KLINES_MAX = 1_000;
const TRADES_MAX = 1_000;
/** Binance's own; the simulated book has fewer levels and gives all it has. */
const DEPTH_MAX = 5_000;

/** What the REST side needs to know. `now` is simulated time, `nowMs` the wall's. */
export interface RestContext {
  model: PriceModel;
  faults: Faults;
  now: () => number;
  nowMs: () => number;
  bookStep_ms: number;
}

interface Answer {
  weight: number;
  body: unknown;
}

type Endpoint = (params: Params) => Answer;

/** Binance's public spot REST interface. */
export class RestApi {
  /** Calls since the start, by path; unknown paths count as `other`. */
  readonly calls = new Map<string, number>();
  readonly #context: RestContext;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;
  #weight = 0;
  #weightMinute = 0;

  constructor(context: RestContext) {
    this.#context = context;
    this.#endpoints = new Map<string, Endpoint>([
      ["/api/v3/ping", () => ({ weight: 1, body: {} })],
      ["/api/v3/time", () => ({ weight: 1, body: { serverTime: context.now() } })],
      ["/api/v3/exchangeInfo", (params) => this.#exchangeInfo(params)],
      ["/api/v3/klines", (params) => this.#klines(params)],
      ["/api/v3/ticker/24hr", (params) => this.#ticker24h(params)],
      ["/api/v3/ticker/price", (params) => this.#tickerPrice(params)],
      ["/api/v3/ticker/bookTicker", (params) => this.#bookTicker(params)],
      ["/api/v3/depth", (params) => this.#depth(params)],
      ["/api/v3/trades", (params) => this.#trades(params)],
      ["/api/v3/aggTrades", (params) => this.#aggTrades(params)],
    ]);
  }

  /** Answers a request under `/api/`. */
  respond(method: string, path: string, query: URLSearchParams): Response {
    const endpoint = this.#endpoints.get(path);
    const counted = endpoint ? path : "other";
    this.calls.set(counted, (this.calls.get(counted) ?? 0) + 1);
    this.#turnMinute();
    const retryAfter_s = this.#context.faults.refuse() ?? this.#overWeight();
    if (retryAfter_s !== undefined) return this.#tooMany(retryAfter_s);
    if (!endpoint) return this.#json({ code: -1000, msg: "Path is not offered." }, 404);
    if (method !== "GET") return this.#json({ code: -1000, msg: "Request method is not supported." }, 405);
    try {
      const params = new Params(query);
      const { weight, body } = endpoint(params);
      this.#weight += weight;
      return this.#json(body, 200);
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      this.#weight++;
      return this.#json({ code: error.code, msg: error.message }, error.status);
    }
  }

  #exchangeInfo(params: Params): Answer {
    const ids = params.symbols();
    for (const name of ["permissions", "showPermissionSets", "symbolStatus"]) params.text(name);
    params.done();
    const specs = findSpecs(ids);
    if (!specs) throw invalidSymbol();
    const listed = specs.filter(({ id }) => !this.#context.faults.isDelisted(id));
    return { weight: 20, body: exchangeInfo(this.#context.now(), listed, WEIGHT_MAX) };
  }

  #klines(params: Params): Answer {
    const id = params.symbol();
    const width = INTERVAL_MINUTES.get(params.required("interval"));
    const from_ms = params.integer("startTime");
    const to_ms = params.integer("endTime");
    const limit = params.limit(500, KLINES_MAX);
    const zone = params.text("timeZone");
    params.done();
    const market = this.#market(id);
    if (width === undefined) throw new VenueError(-1120, "Invalid interval.");
    if (zone !== undefined && !/^[+-]?0?0(:00)?$/.test(zone)) {
      throw new VenueError(-1130, "Data sent for parameter 'timeZone' is not valid.");
    }
    const now_ms = this.#context.now();
    const width_ms = width * MINUTE_MS;
    const last = Math.floor(Math.min(to_ms ?? now_ms, now_ms) / width_ms);
    const listed = Math.ceil(LISTED_MINUTE / width);
    const first = from_ms === undefined ? last - limit + 1 : Math.ceil(from_ms / width_ms);
    const rows: unknown[][] = [];
    for (let i = Math.max(first, listed); i <= last && rows.length < limit; i++) {
      const fold = market.candle(i * width, width, now_ms);
      if (fold) rows.push(klineRow(market.spec, fold, i * width, width));
    }
    return { weight: 2, body: rows };
  }

  #ticker24h(params: Params): Answer {
    const ids = params.symbols();
    const type = params.text("type") ?? "FULL";
    params.text("symbolStatus");
    params.done();
    if (type !== "FULL" && type !== "MINI") throw new VenueError(-1139, "Invalid ticker type.");
    const now_ms = this.#context.now();
    const body = this.#forEach(ids, (market) => ticker24h(market, now_ms, this.#book(market, 1), type === "MINI"));
    return { weight: ids && ids.length <= 20 ? 2 : ids && ids.length <= 100 ? 40 : 80, body: unwrap(params, body) };
  }

  #tickerPrice(params: Params): Answer {
    const ids = params.symbols();
    params.text("symbolStatus");
    params.done();
    const now_ms = this.#context.now();
    const body = this.#forEach(ids, (market) => ({
      symbol: market.spec.id,
      price: formatUnits(market.lastTrade(now_ms).price, market.spec.tick_digits),
    }));
    return { weight: ids?.length === 1 ? 2 : 4, body: unwrap(params, body) };
  }

  #bookTicker(params: Params): Answer {
    const ids = params.symbols();
    params.text("symbolStatus");
    params.done();
    const body = this.#forEach(ids, (market) => {
      const book = this.#book(market, 1);
      const [bid] = formatLevels(market, book.bids);
      const [ask] = formatLevels(market, book.asks);
      return { symbol: market.spec.id, bidPrice: bid?.[0], bidQty: bid?.[1], askPrice: ask?.[0], askQty: ask?.[1] };
    });
    return { weight: ids?.length === 1 ? 2 : 4, body: unwrap(params, body) };
  }

  #depth(params: Params): Answer {
    const id = params.symbol();
    const limit = params.limit(100, DEPTH_MAX);
    params.text("symbolStatus");
    params.done();
    const market = this.#market(id);
    const book = this.#book(market);
    return {
      weight: limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250,
      body: {
        lastUpdateId: book.id,
        bids: formatLevels(market, book.bids.slice(0, limit)),
        asks: formatLevels(market, book.asks.slice(0, limit)),
      },
    };
  }

  #trades(params: Params): Answer {
    const id = params.symbol();
    const limit = params.limit(500, TRADES_MAX);
    params.done();
    const market = this.#market(id);
    return { weight: 25, body: this.#recent(market, this.#context.now(), limit).map((t) => tradeRow(market.spec, t)) };
  }

  #aggTrades(params: Params): Answer {
    const id = params.symbol();
    const fromId = params.integer("fromId");
    const from_ms = params.integer("startTime");
    const to_ms = params.integer("endTime");
    const limit = params.limit(500, TRADES_MAX);
    params.done();
    const market = this.#market(id);
    if (fromId !== undefined && (from_ms !== undefined || to_ms !== undefined)) {
      throw new VenueError(-1128, "Combination of optional parameters invalid.");
    }
    const now_ms = this.#context.now();
    const until_ms = Math.min(to_ms ?? now_ms, now_ms);
    let trades: Trade[];
    if (fromId !== undefined) {
      trades = following(market, market.minuteOfTrade(fromId), until_ms, limit, (trade) => trade.id >= fromId);
    } else if (from_ms !== undefined) {
      trades = following(market, Math.floor(from_ms / MINUTE_MS), until_ms, limit, (t) => t.time_ms >= from_ms);
    } else {
      trades = this.#recent(market, until_ms, limit);
    }
    return { weight: 4, body: trades.map((trade) => aggTradeRow(market.spec, trade)) };
  }

  /** The last trades up to an instant. Every minute has some, so this looks back over few. */
  #recent(market: Market, at_ms: number, limit: number): Trade[] {
    const found: (readonly Trade[])[] = [];
    let count = 0;
    for (let minute = Math.floor(at_ms / MINUTE_MS); count < limit && minute >= LISTED_MINUTE; minute--) {
      const trades = market.trades(minute).filter((trade) => trade.time_ms <= at_ms);
      found.unshift(trades);
      count += trades.length;
    }
    return found.flat().slice(-limit);
  }

  #forEach<T>(ids: readonly string[] | undefined, make: (market: Market) => T): T[] {
    return (ids ?? SYMBOLS.map((spec) => spec.id)).map((id) => make(this.#market(id)));
  }

  #market(id: string): Market {
    const market = this.#context.model.market(id);
    if (!market) throw invalidSymbol();
    return market;
  }

  #book(market: Market, levels?: number) {
    return bookAt(market, this.#context.now(), this.#context.bookStep_ms, levels);
  }

  #turnMinute(): void {
    const minute = Math.floor(this.#context.nowMs() / MINUTE_MS);
    if (minute !== this.#weightMinute) this.#weight = 0;
    this.#weightMinute = minute;
  }

  #overWeight(): number | undefined {
    if (this.#weight < WEIGHT_MAX) return undefined;
    return Math.ceil((MINUTE_MS - this.#context.nowMs() % MINUTE_MS) / 1000);
  }

  #tooMany(retryAfter_s: number): Response {
    const msg = `Too much request weight used; current limit is ${WEIGHT_MAX} request weight per 1 MINUTE. ` +
      "Please use WebSocket Streams for live updates to avoid polling the API.";
    const response = this.#json({ code: -1003, msg }, 429);
    response.headers.set("Retry-After", String(retryAfter_s));
    return response;
  }

  #json(body: unknown, status: number): Response {
    const weight = String(this.#weight);
    return Response.json(body, { status, headers: { "X-MBX-USED-WEIGHT": weight, "X-MBX-USED-WEIGHT-1M": weight } });
  }
}

/** A single `symbol` is answered with an object, anything else with a list. */
function unwrap<T>(params: Params, list: T[]): T | T[] {
  return params.text("symbol") === undefined ? list : list[0] as T;
}

function invalidSymbol(): VenueError {
  return new VenueError(-1121, "Invalid symbol.");
}

function following(
  market: Market,
  minute: number,
  until_ms: number,
  limit: number,
  wanted: (trade: Trade) => boolean,
): Trade[] {
  const found: Trade[] = [];
  const last = Math.floor(until_ms / MINUTE_MS);
  for (let m = Math.max(minute, LISTED_MINUTE); m <= last && found.length < limit; m++) {
    for (const trade of market.trades(m)) {
      if (trade.time_ms <= until_ms && wanted(trade)) found.push(trade);
    }
  }
  return found.slice(0, limit);
}
