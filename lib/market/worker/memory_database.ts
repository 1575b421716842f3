import type { FunctionArgs, FunctionName } from "../../kernel/functions.ts";
import type { RpcResult } from "../../kernel/worker/supabase.ts";
import { TIMEFRAMES } from "../timeframe.ts";
import { CandleTable } from "./candle_table.ts";
import type { CandleRow, StoredCandles } from "./feed_store.ts";

/** What a database in memory is told. */
export interface MemoryDatabaseOptions {
  /** Topics that count as watched now. */
  watches: () => string[];
  /** What is stored of a symbol before anything was fed; asked once. */
  stored?: (symbol: string) => StoredCandles | undefined;
}

/** Functions whose answer a feed does not use. */
const ACCEPTED: ReadonlySet<string> = new Set<FunctionName>([
  "record_symbols",
  "retire_symbols",
  "record_feed",
  "record_quarantine",
  "record_depth",
  "set_feed_alerts",
  "refresh_rates",
  "fire_alerts",
]);

/** As much of the database as feeding one exchange needs, without a database: candles are kept, the rest is accepted. */
export class MemoryDatabase {
  readonly candles = new CandleTable();
  readonly #options: MemoryDatabaseOptions;
  readonly #seeded = new Set<string>();

  constructor(options: MemoryDatabaseOptions) {
    this.#options = options;
  }

  /** As Rpc.call. */
  call<Name extends FunctionName>(name: Name, args: FunctionArgs<Name>): Promise<RpcResult> {
    return Promise.resolve(this.#answer(name, args));
  }

  #answer(name: string, args: unknown): RpcResult {
    const { p_rows, p_symbols, p_limit } = args as { p_rows: CandleRow[]; p_symbols: string[]; p_limit: number };
    if (name === "record_candles") return { ok: true, data: this.candles.insert(p_rows) };
    if (name === "repair_candles") return { ok: true, data: this.candles.repair(p_rows) };
    if (name === "latest_candles") return { ok: true, data: this.#latest(p_symbols, p_limit) };
    if (name === "active_watches") {
      return { ok: true, data: this.#options.watches().map((topic) => ({ topic, watchers: 1 })) };
    }
    if (name === "active_alerts") return { ok: true, data: [] };
    if (ACCEPTED.has(name)) return { ok: true, data: 0 };
    return { ok: false, next: "reject", code: "internal", detail: `Cannot call ${name} without a database` };
  }

  #latest(symbols: readonly string[], limit: number): unknown[] {
    return symbols.flatMap((symbol) => {
      if (!this.#seeded.has(symbol)) {
        this.#seeded.add(symbol);
        const stored = this.#options.stored?.(symbol);
        if (stored !== undefined) this.candles.seed(symbol, stored);
      }
      return TIMEFRAMES.map((timeframe) => ({
        symbol,
        timeframe,
        candles: this.candles.latest(symbol, timeframe, limit),
      }));
    });
  }
}
