import { bookAt } from "../book.ts";
import type { RestContext } from "../rest.ts";
import { LISTED_MINUTE, type Market, MINUTE_MS } from "../price.ts";
import type { Trade } from "../trades.ts";
import { findPair, type KrakenPair, PAIRS } from "./pairs.ts";
import { assetPair, depthRows, ohlcRow, tickerItem, tradeRow } from "./payloads.ts";

/** Entries of `OHLC`: the latest ones, however far back one asks. */
export const OHLC_MAX = 720;
const TRADES_MAX = 1_000;
const DEPTH_MAX = 500;
/** Candle widths, in minutes. */
export const WIDTHS: readonly number[] = [1, 5, 15, 30, 60, 240, 1440];

/** A refusal in Kraken's own words; its answers are 200 all the same. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

/** `Assets`: what the pairs are made of. */
const ASSETS = Object.fromEntries(PAIRS.flatMap(({ base, quote, wsname }) => {
  const [baseName, quoteName] = wsname.split("/");
  return [[base, asset(baseName)], [quote, asset(quoteName)]];
}));

type Endpoint = (query: URLSearchParams) => unknown;

/** Kraken's public REST interface, version 0. */
export class KrakenRest {
  /** Calls since the start, by endpoint; unknown ones count as `other`. */
  readonly calls = new Map<string, number>();
  readonly #context: RestContext;
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  constructor(context: RestContext) {
    this.#context = context;
    this.#endpoints = new Map<string, Endpoint>([
      ["Time", () => this.#time()],
      ["SystemStatus", () => ({ status: "online", timestamp: new Date(context.now()).toISOString() })],
      ["Assets", () => ASSETS],
      ["AssetPairs", (query) => this.#assetPairs(query)],
      ["Ticker", (query) => this.#ticker(query)],
      ["OHLC", (query) => this.#ohlc(query)],
      ["Trades", (query) => this.#trades(query)],
      ["Depth", (query) => this.#depth(query)],
    ]);
  }

  /** Answers a request; `name` is what follows `/0/public/`. */
  respond(method: string, name: string, query: URLSearchParams): Response {
    const endpoint = this.#endpoints.get(name);
    const counted = endpoint ? name : "other";
    this.calls.set(counted, (this.calls.get(counted) ?? 0) + 1);
    if (this.#context.faults.refuse() !== undefined) return failure("EAPI:Rate limit exceeded");
    if (!endpoint || (method !== "GET" && method !== "POST")) return failure("EGeneral:Unknown method");
    try {
      return Response.json({ error: [], result: endpoint(query) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return failure(error.message);
    }
  }

  #time(): unknown {
    const now = this.#context.now();
    return { unixtime: Math.floor(now / 1_000), rfc1123: new Date(now).toUTCString() };
  }

  #assetPairs(query: URLSearchParams): unknown {
    const listed = this.#named(query).filter(({ spec }) => !this.#context.faults.isDelisted(spec.id));
    return Object.fromEntries(listed.map((pair) => [pair.id, assetPair(pair)]));
  }

  #ticker(query: URLSearchParams): unknown {
    const now = this.#context.now();
    return Object.fromEntries(
      this.#named(query).map((pair) => {
        const market = this.#market(pair);
        return [pair.id, tickerItem(market, now, bookAt(market, now, this.#context.bookStep_ms, 1))];
      }),
    );
  }

  #ohlc(query: URLSearchParams): unknown {
    const pair = this.#pair(query);
    const width = integer(query, "interval", 1);
    const since = integer(query, "since", 0);
    if (!WIDTHS.includes(width)) throw new Refusal("EGeneral:Invalid arguments:interval");
    const market = this.#market(pair);
    const now_ms = this.#context.now();
    const last = Math.floor(now_ms / MINUTE_MS / width);
    const listed = Math.ceil(LISTED_MINUTE / width);
    const rows: unknown[][] = [];
    for (let i = Math.max(listed, last - OHLC_MAX + 1); i <= last; i++) {
      if (i * width * MINUTE_MS / 1_000 <= since) continue;
      const fold = market.candle(i * width, width, now_ms);
      if (fold) rows.push(ohlcRow(pair.spec, fold, i * width));
    }
    return { [pair.id]: rows, last: (last - 1) * width * MINUTE_MS / 1_000 };
  }

  #trades(query: URLSearchParams): unknown {
    const pair = this.#pair(query);
    const since = integer(query, "since", 0);
    const count = Math.min(TRADES_MAX, integer(query, "count", TRADES_MAX));
    // Times come in seconds or in nanoseconds.
    const since_ms = since > 1e12 ? since / 1e6 : since * 1_000;
    const trades = since === 0 ? this.#latest(pair, count) : this.#following(pair, since_ms, count);
    const last_ms = trades.at(-1)?.time_ms ?? this.#context.now();
    return { [pair.id]: trades.map((trade) => tradeRow(pair.spec, trade)), last: `${last_ms}000000` };
  }

  #depth(query: URLSearchParams): unknown {
    const pair = this.#pair(query);
    const count = Math.min(DEPTH_MAX, integer(query, "count", 100));
    const now = this.#context.now();
    const { bids, asks } = bookAt(this.#market(pair), now, this.#context.bookStep_ms);
    const rows = (levels: typeof bids) => depthRows(pair.spec, levels.slice(0, count), now);
    return { [pair.id]: { asks: rows(asks), bids: rows(bids) } };
  }

  #latest(pair: KrakenPair, count: number): Trade[] {
    const now = this.#context.now();
    const market = this.#market(pair);
    let found: Trade[] = [];
    for (let minute = Math.floor(now / MINUTE_MS); found.length < count && minute >= LISTED_MINUTE; minute--) {
      found = [...market.trades(minute).filter((trade) => trade.time_ms <= now), ...found];
    }
    return found.slice(-count);
  }

  #following(pair: KrakenPair, since_ms: number, count: number): Trade[] {
    const now = this.#context.now();
    const market = this.#market(pair);
    const found: Trade[] = [];
    const first = Math.max(LISTED_MINUTE, Math.floor(since_ms / MINUTE_MS));
    for (let minute = first; minute * MINUTE_MS <= now && found.length < count; minute++) {
      for (const trade of market.trades(minute)) {
        if (trade.time_ms > since_ms && trade.time_ms <= now) found.push(trade);
      }
    }
    return found.slice(0, count);
  }

  #named(query: URLSearchParams): readonly KrakenPair[] {
    const names = query.get("pair");
    return names === null ? PAIRS : names.split(",").map(known);
  }

  #pair(query: URLSearchParams): KrakenPair {
    return known(query.get("pair") ?? "");
  }

  #market(pair: KrakenPair): Market {
    const market = this.#context.model.market(pair.spec.id);
    if (!market) throw new Refusal("EQuery:Unknown asset pair");
    return market;
  }
}

function asset(altname: string | undefined): unknown {
  return { aclass: "currency", altname, decimals: 10, display_decimals: 5, status: "enabled" };
}

function known(name: string): KrakenPair {
  const pair = findPair(name);
  if (!pair) throw new Refusal("EQuery:Unknown asset pair");
  return pair;
}

function integer(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,19}$/.test(text)) throw new Refusal(`EGeneral:Invalid arguments:${name}`);
  return Number(text);
}

function failure(error: string): Response {
  return Response.json({ error: [error] });
}
