import { z } from "zod";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import { candleSchema } from "../candle.ts";
import { type Depth, depthSchema } from "../depth.ts";
import { type MonitorData, monitorSchema } from "../monitor.ts";
import { type MarketPageData, marketPageSchema, type SymbolsPage, symbolsPageSchema } from "../page.ts";
import { type RatesPage, ratesPageSchema } from "../rates.ts";
import { TIMEFRAMES } from "../timeframe.ts";

/** Result of the SQL function `candles_page`: closed candles, oldest first; the cursor is the next `from` in Unix ms. */
export const candlesPageSchema = z.object({ items: z.array(candleSchema), next_cursor: z.string().nullable() });

/** See {@link candlesPageSchema}. */
export type CandlesPage = z.infer<typeof candlesPageSchema>;

/** Result of the SQL function `ws_stats`: what sharing one feed saves in exchange connections. */
export const wsStatsSchema = z.object({
  activeSessions: z.int().nonnegative(),
  totalSubscriptions: z.int().nonnegative(),
  sharedWebSockets: z.int().nonnegative(),
  timeframes: z.array(z.enum(TIMEFRAMES)),
  efficiency: z.object({
    traditionalConnections: z.int().nonnegative(),
    sharedConnections: z.int().nonnegative(),
    savedConnections: z.int().nonnegative(),
    savingsPercent: z.string().regex(/^\d{1,3}(\.\d)?%$/),
  }),
});

/** See {@link wsStatsSchema}. */
export type WsStats = z.infer<typeof wsStatsSchema>;

const watchedSchema = z.object({ expires_in: z.int().positive(), topics: z.array(z.string()) });

/** Result of the SQL function `watch`. */
export type Watched = z.infer<typeof watchedSchema>;

/** Which symbols to list. */
export interface SymbolsQuery {
  query?: string | undefined;
  exchange?: string | undefined;
  limit: number;
  cursor?: string | undefined;
  /** Adds the last 24 hourly closes to each. */
  spark?: boolean;
}

/** Which candles to read: `from` ≤ open time < `to`, in Unix ms. Without `from` the latest ones. */
export interface CandlesQuery {
  exchange: string;
  symbol: string;
  timeframe: string;
  fromMs?: number | undefined;
  toMs?: number | undefined;
  limit: number;
}

const csvPageSchema = z.object({ lines: z.string(), rows: z.int(), next_cursor: z.string().nullable() });

/** Result of the SQL function `candles_csv`; the cursor is the next `from` in Unix ms. */
export type CsvPage = z.infer<typeof csvPageSchema>;

/** Which candles to show on the monitor page. */
export interface MonitorQuery {
  exchange?: string | undefined;
  /** Part of a symbol. */
  symbol?: string | undefined;
  timeframe: string;
}

/** Reads markets through the SQL functions made for it. Every method refuses as {@link Rpc.call} does. */
export class MarketStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Lists symbols with their tickers. */
  async symbolsPage({ query, exchange, limit, cursor, spark = false }: SymbolsQuery): Promise<SymbolsPage> {
    return symbolsPageSchema.parse(
      await this.#rpc.call("symbols_page", {
        p_query: query === "" ? null : query ?? null,
        p_exchange: exchange ?? null,
        p_limit: limit,
        p_cursor: cursor ?? null,
        p_spark: spark,
      }),
    );
  }

  /** Everything a market's page shows first. */
  async marketPage(exchange: string, symbol: string, timeframe: string): Promise<MarketPageData> {
    return marketPageSchema.parse(
      await this.#rpc.call("market_page", { p_exchange: exchange, p_symbol: symbol, p_timeframe: timeframe }),
    );
  }

  /** A page of closed candles. */
  async candlesPage({ exchange, symbol, timeframe, fromMs, toMs, limit }: CandlesQuery): Promise<CandlesPage> {
    return candlesPageSchema.parse(
      await this.#rpc.call("candles_page", {
        p_exchange: exchange,
        p_symbol: symbol,
        p_timeframe: timeframe,
        p_from: toTimestamp(fromMs),
        p_to: toTimestamp(toMs),
        p_limit: limit,
      }),
    );
  }

  /** Closed candles as CSV lines: ten times a page's rows for ten times its cost. */
  async candlesCsv({ exchange, symbol, timeframe, fromMs, toMs, limit }: Required<CandlesQuery>): Promise<CsvPage> {
    return csvPageSchema.parse(
      await this.#rpc.call("candles_csv", {
        p_exchange: exchange,
        p_symbol: symbol,
        p_timeframe: timeframe,
        p_from: toTimestamp(fromMs) ?? "",
        p_to: toTimestamp(toMs) ?? "",
        p_limit: limit,
      }),
    );
  }

  /** The stored order book and latest trades. */
  async depth(exchange: string, symbol: string): Promise<Depth> {
    return depthSchema.parse(await this.#rpc.call("market_depth", { p_exchange: exchange, p_symbol: symbol }));
  }

  /** What assets are worth in EUR. */
  async rates(): Promise<RatesPage> {
    return ratesPageSchema.parse(await this.#rpc.call("rates_page", {}));
  }

  /** How the feeds do. */
  async monitor({ exchange, symbol, timeframe }: MonitorQuery): Promise<MonitorData> {
    return monitorSchema.parse(
      await this.#rpc.call("monitor_page", {
        p_exchange: exchange ?? null,
        p_symbol: symbol ?? null,
        p_timeframe: timeframe,
      }),
    );
  }

  /** How many exchange connections the shared feed saves right now. */
  async wsStats(): Promise<WsStats> {
    return wsStatsSchema.parse(await this.#rpc.call("ws_stats", {}));
  }

  /** Says that `clientId` looks at `topics`, as the caller. */
  async watch(topics: string[], clientId: string, accessToken: string | null): Promise<Watched> {
    const args = { p_topics: topics, p_client_id: clientId };
    return watchedSchema.parse(await this.#rpc.call("watch", args, { accessToken }));
  }

  /** Says that `clientId` looks at nothing any more, as the caller. */
  async unwatch(clientId: string, accessToken: string | null): Promise<void> {
    await this.#rpc.call("unwatch", { p_client_id: clientId }, { accessToken });
  }
}

function toTimestamp(unixMs: number | undefined): string | null {
  return unixMs === undefined ? null : new Date(unixMs).toISOString();
}
