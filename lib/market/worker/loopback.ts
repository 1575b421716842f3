import type { Exchange } from "ccxt";

/**
 * Points every address of a ccxt class to a server on this machine, without encryption: nothing it does leaves it.
 * @param base host, port and path before the exchange's own paths, such as `127.0.0.1:9200/kraken`.
 */
export function toLoopback(exchange: Exchange, base: string): void {
  const rewrite = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(/^(http|ws)s?:\/\/[^/]+/, `$1://${base}`);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewrite(inner)]));
  };
  exchange.urls = { ...exchange.urls, api: rewrite(exchange.urls.api) as typeof exchange.urls.api };
}
