import { two } from "./format.ts";

/** Time left as "12:52", from an hour on "3:12:52", from a day on "2d 03:12:52". Negative counts as none.
 * `dayLetter` is what a day is shortened to in the page's language. */
export function formatCountdown(leftMs: number, dayLetter: string): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days > 0) return `${days}${dayLetter} ${two(hours)}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
