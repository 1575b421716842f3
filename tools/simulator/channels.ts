import { INTERVAL_MINUTES } from "./intervals.ts";
import { SYMBOLS } from "./symbols.ts";

/** What a stream's name asks for. Symbols are Binance's ids; `every_ms` is wall time. */
export type Channel =
  | { kind: "kline"; id: string; interval: string; width: number }
  | { kind: "aggTrade" | "trade" | "miniTicker" | "bookTicker"; id: string }
  | { kind: "partialDepth"; id: string; levels: number; every_ms: number }
  | { kind: "diffDepth"; id: string; every_ms: number }
  | { kind: "allMiniTickers" };

const DEPTH = /^depth(5|10|20)?(?:@(100|1000)ms)?$/;

/**
 * Reads a stream's name, such as `btcusdt@kline_1m`. Undefined for what does not exist: Binance lets anyone
 * subscribe to that, and never sends anything.
 */
export function parseChannel(name: string): Channel | undefined {
  if (name === "!miniTicker@arr") return { kind: "allMiniTickers" };
  const at = name.indexOf("@");
  const id = name.slice(0, at).toUpperCase();
  if (at < 0 || name.slice(0, at) !== id.toLowerCase() || !SYMBOLS.some((spec) => spec.id === id)) return undefined;
  const kind = name.slice(at + 1);
  if (kind.startsWith("kline_")) {
    const interval = kind.slice("kline_".length);
    const width = INTERVAL_MINUTES.get(interval);
    return width === undefined ? undefined : { kind: "kline", id, interval, width };
  }
  if (kind === "aggTrade" || kind === "trade" || kind === "miniTicker" || kind === "bookTicker") return { kind, id };
  const depth = DEPTH.exec(kind);
  if (!depth) return undefined;
  const every_ms = Number(depth[2] ?? 1000);
  return depth[1] === undefined
    ? { kind: "diffDepth", id, every_ms }
    : { kind: "partialDepth", id, levels: Number(depth[1]), every_ms };
}
