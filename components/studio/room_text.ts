import type { StreamObject } from "../../lib/rooms/shapes.ts";

/** Seconds as "3:41:20" or "41:20". */
export function durationText(seconds: number | null): string | null {
  if (seconds === null || seconds < 0) return null;
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds) % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** A market on show, `sim:BTC-USDT`, as its page's path; null for what is none. */
export function marketPath(market: string): string | null {
  const [exchange, symbol] = market.split(":");
  return exchange && symbol ? `/markets/${encodeURIComponent(exchange)}/${encodeURIComponent(symbol)}` : null;
}

/** `sim:BTC-USDT` as traders write it: "BTC/USDT". */
export function marketText(market: string): string {
  const symbol = market.split(":")[1] ?? market;
  const at = symbol.lastIndexOf("-");
  return at < 1 ? symbol : `${symbol.slice(0, at)}/${symbol.slice(at + 1)}`;
}

/** Where a room is: its viewers' page. */
export function roomPath({ stream_id }: Pick<StreamObject, "stream_id">): string {
  return `/live/${stream_id}`;
}

/** Where a room is run. */
export function studioPath({ stream_id }: Pick<StreamObject, "stream_id">): string {
  return `/live/studio/${stream_id}`;
}
