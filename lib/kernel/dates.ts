import type { Locale } from "./text.ts";

/** Parts of an instant by their kind. */
export type Parts = Partial<Record<Intl.DateTimeFormatPartTypes, string>>;

// One is enough: a page is rendered in one language and zone from end to end, and a new one costs a millisecond.
let kept: { key: string; formatter: Intl.DateTimeFormat } | undefined;

/** An instant as "14 Oct 14:32" in a language and a time zone. */
export function formatDayTime(atMs: number, locale: Locale, timeZone: string): string {
  const { day, month, hour, minute } = partsOf(atMs, locale, timeZone);
  return `${day} ${month} ${hour}:${minute}`;
}

/** An instant as "14 Oct 2026". */
export function formatDate(atMs: number, locale: Locale, timeZone: string): string {
  const { day, month, year } = partsOf(atMs, locale, timeZone);
  return `${day} ${month} ${year}`;
}

/** A mark on a time axis: "14:32", or at midnight in this zone the date that begins. */
export function formatMark(atMs: number, locale: Locale, timeZone: string): string {
  const { day, month, hour, minute } = partsOf(atMs, locale, timeZone);
  return hour === "00" && minute === "00" ? `${day} ${month}` : `${hour}:${minute}`;
}

/** What a zone is called at an instant: "UTC", "GMT+2". */
export function zoneName(atMs: number, locale: Locale, timeZone: string): string {
  return partsOf(atMs, locale, timeZone).timeZoneName ?? timeZone;
}

/** The parts of an instant; how they are put together is the house's, so that server and browser agree. */
export function partsOf(atMs: number, locale: Locale, timeZone: string): Parts {
  const key = locale + timeZone;
  if (kept?.key !== key) {
    kept = {
      key,
      formatter: new Intl.DateTimeFormat(locale, {
        weekday: "short",
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
        timeZone,
        timeZoneName: "short",
      }),
    };
  }
  const parts: Parts = {};
  for (const { type, value } of kept.formatter.formatToParts(atMs)) parts[type] = value;
  return parts;
}
