// One is enough: a page is in one zone from end to end, and a new formatter costs a millisecond.
let kept: { timeZone: string; formatter: Intl.DateTimeFormat } | undefined;

/** An instant as "14:32:08" in a time zone. */
export function formatTimeOfDay(atMs: number, timeZone: string): string {
  if (kept?.timeZone !== timeZone) {
    const digits = "2-digit";
    const formatter = new Intl.DateTimeFormat("en-GB", {
      hour: digits,
      minute: digits,
      second: digits,
      hourCycle: "h23",
      timeZone,
    });
    kept = { timeZone, formatter };
  }
  return kept.formatter.format(atMs);
}
