import { messagesOf } from "../../lib/kernel/i18n.ts";
import type { Locale, Messages } from "../../lib/kernel/text.ts";

/** What a room refuses, by name. */
const ROOM_CODES = [
  "above_maximum",
  "bad_request",
  "banned",
  "below_minimum",
  "blocked_word",
  "cannot_moderate",
  "conflict",
  "duplicate_message",
  "follow_limit",
  "followers_only",
  "forbidden",
  "insufficient_funds",
  "invalid_amount",
  "invalid_message",
  "kyc_required",
  "muted",
  "not_found",
  "rate_limited",
  "slow_mode",
  "stream_ended",
  "tip_to_self",
  "unauthenticated",
].map((code) => `code.${code}`);

/** Island → what the keys of its messages start with; an island that is not named here owns `<its name>.`. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  feed_status: ["live."],
  markets_table: ["live."],
  ticker_strip: ["live."],
  market_chart: ["live.", "chart."],
  monitor: ["live.", "monitor."],
  pool_view: ["live.no_data", "pool."],
  room_view: ["live.", "chart.", "room.", "room_category.", ...ROOM_CODES],
  studio: ["live.", "chart.", "room.", "studio_live.", ...ROOM_CODES],
  alert_toast: ["alert_notice."],
  // The server renders what they replace.
  alert_forms: [],
  live_list: [],
};

/** The messages these islands show, and no others: a page on a slow line pays for each. */
export function islandMessages(locale: Locale, islands: readonly string[]): Messages {
  const prefixes = new Set(islands.flatMap((name) => PREFIXES[name] ?? [`${name}.`]));
  const wanted = (key: string) => [...prefixes].some((prefix) => key.startsWith(prefix));
  return Object.fromEntries(Object.entries(messagesOf(locale)).filter(([key]) => wanted(key)));
}
