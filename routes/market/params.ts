import { z } from "@hono/zod-openapi";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { isMarketView, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { parseMarketTopic } from "../../lib/realtime/topic.ts";

/** Latest time we read, the end of year 9999: later ones are no RFC 3339. */
const TIME_ms_MAX = 253_402_300_799_999;

/** Topics one call may name, as in the SQL function watch(). */
const TOPICS_MAX = 50;

/** Characters of a search. */
const QUERY_LENGTH_MAX = 40;

export const exchangeParam = z.string().regex(EXCHANGE_PATTERN, "use a lower-case word").optional()
  .openapi({ example: "binance" });

export const symbolParam = z.string({ error: "it is missing" })
  .regex(SYMBOL_PATTERN, "use capitals, digits, dots and dashes").openapi({ example: "BTC-USDT" });

/** Assets to tell of, separated by commas; without them all. */
export const assetsParam = z.string().max(400, "use 400 characters at most").optional()
  .transform((text) => text?.split(",")).openapi({ type: "string", example: "BTC,USDT" });

/** Part of a symbol, to filter by. */
export const symbolPartParam = z.string().regex(SYMBOL_PATTERN, "use capitals, digits, dots and dashes").optional()
  .openapi({ example: "BTC" });

export const timeframeParam = z.enum(TIMEFRAMES, { error: `use one of ${TIMEFRAMES.join(" ")}` }).default("1m");

/** A whole number in a query, from 1 to `most`. */
export function limitParam(most: number, fallback: number) {
  const message = `use a whole number from 1 to ${most}`;
  return z.string().regex(/^[1-9]\d{0,3}$/, message).transform(Number).refine((limit) => limit <= most, message)
    .default(fallback).openapi({ type: "integer", minimum: 1, maximum: most, default: fallback });
}

/** An instant in a query: RFC 3339 or Unix ms, read as Unix ms. */
export const timeParam = z.string().transform((text, ctx) => {
  const ms = parseTime(text);
  if (ms !== null) return ms;
  ctx.addIssue({ code: "custom", message: "use RFC 3339 or Unix milliseconds" });
  return z.NEVER;
}).optional().openapi({ type: "string", example: "2026-01-01T00:00:00Z" });

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Reads an instant; null when it is none, or lies outside the years 1970 to 9999. */
export function parseTime(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text) <= TIME_ms_MAX ? Number(text) : null;
  if (!RFC_3339.test(text)) return null;
  const ms = Date.parse(text.replace(" ", "T").toUpperCase());
  return Number.isFinite(ms) && ms >= 0 && ms <= TIME_ms_MAX ? ms : null;
}

export const searchParam = z.string().max(QUERY_LENGTH_MAX, `use ${QUERY_LENGTH_MAX} characters at most`)
  // Postgres takes no NUL in a text.
  // deno-lint-ignore no-control-regex
  .regex(/^[^\x00-\x1f]*$/, "leave control characters out").optional();

export const symbolCursorParam = z.string().regex(
  /^[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}$/,
  "use next_cursor as it came",
)
  .optional();

/** The body of a watch: which market topics a client looks at. */
export const watchBody = z.object({
  topics: z.array(z.string().refine(isMarketTopic, "use market:<exchange>:<symbol>:<timeframe, book or trades>"))
    .min(1, "name at least one").max(TOPICS_MAX, `name ${TOPICS_MAX} at most`),
  client_id: z.uuid("use a UUID"),
});

/** The body of its end. */
export const unwatchBody = z.object({ client_id: z.uuid("use a UUID") });

function isMarketTopic(topic: string): boolean {
  const parsed = parseMarketTopic(topic);
  return parsed !== null && EXCHANGE_PATTERN.test(parsed.exchange) && SYMBOL_PATTERN.test(parsed.symbol) &&
    isMarketView(parsed.timeframe);
}
