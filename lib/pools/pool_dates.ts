import { partsOf } from "../kernel/dates.ts";
import type { Locale } from "../kernel/text.ts";

/** A dealing point: "Fri 16 Oct 16:00". */
export function formatDealing(atMs: number, locale: Locale, timeZone: string): string {
  const { weekday, day, month, hour, minute } = partsOf(atMs, locale, timeZone);
  return `${weekday} ${day} ${month} ${hour}:${minute}`;
}

/** The same where room is short, within a week of `nowMs`: "Fri 16:00", else "16 Oct". */
export function formatDealingShort(atMs: number, nowMs: number, locale: Locale, timeZone: string): string {
  const { weekday, day, month, hour, minute } = partsOf(atMs, locale, timeZone);
  return Math.abs(atMs - nowMs) < 6.5 * DAY_ms ? `${weekday} ${hour}:${minute}` : `${day} ${month}`;
}

/** A day without its year: "13 Mar". */
export function formatDay(atMs: number, locale: Locale, timeZone: string): string {
  const { day, month } = partsOf(atMs, locale, timeZone);
  return `${day} ${month}`;
}

/** A month on an axis: "Mar", and the year where one begins. */
export function formatMonth(atMs: number, locale: Locale, timeZone: string): string {
  const { month, year } = partsOf(atMs, locale, timeZone);
  return new Date(atMs).getUTCMonth() === 0 ? `${year}` : `${month}`;
}

/** Time of day: "16:00". */
export function formatHour(atMs: number, locale: Locale, timeZone: string): string {
  const { hour, minute } = partsOf(atMs, locale, timeZone);
  return `${hour}:${minute}`;
}

/** Milliseconds of a day. */
export const DAY_ms = 86_400_000;

/** A stretch of time taken apart for a countdown; all 0 once it is over. */
export interface Countdown {
  days: number;
  hours: number;
  minutes: number;
  seconds: number;
}

/** What is left until an instant. */
export function countdownTo(atMs: number, nowMs: number): Countdown {
  const left = Math.max(0, Math.ceil((atMs - nowMs) / 1_000));
  return {
    days: Math.floor(left / 86_400),
    hours: Math.floor(left / 3_600) % 24,
    minutes: Math.floor(left / 60) % 60,
    seconds: left % 60,
  };
}
