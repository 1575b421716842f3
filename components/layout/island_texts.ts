import { messagesOf } from "../../lib/kernel/i18n.ts";
import type { Locale, Messages } from "../../lib/kernel/text.ts";

/** Island → what the keys of its messages start with; an island that is not named here owns `<its name>.`. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  feed_status: ["live."],
  markets_table: ["live."],
  ticker_strip: ["live."],
  market_chart: ["live.", "chart."],
  monitor: ["live.", "monitor."],
  alert_toast: ["alert_notice."],
  // The server renders what they replace.
  alert_forms: [],
};

/** The messages these islands show, and no others: a page on a slow line pays for each. */
export function islandMessages(locale: Locale, islands: readonly string[]): Messages {
  const prefixes = new Set(islands.flatMap((name) => PREFIXES[name] ?? [`${name}.`]));
  const wanted = (key: string) => [...prefixes].some((prefix) => key.startsWith(prefix));
  return Object.fromEntries(Object.entries(messagesOf(locale)).filter(([key]) => wanted(key)));
}
