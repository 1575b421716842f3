import type { Locale } from "./text.ts";

/**
 * An instant as "Wed 14 Oct 14:32:08 UTC" in a language and a time zone. A module of its own, because it comes with
 * every live page, and the other forms of dates only with a chart.
 */
export function formatClock(atMs: number, locale: Locale, timeZone: string): string {
  // British English puts the day first; what differs then is where each language has its commas.
  return new Date(atMs).toLocaleString(locale === "en" ? "en-GB" : locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
    timeZoneName: "short",
  }).replaceAll(",", "");
}
