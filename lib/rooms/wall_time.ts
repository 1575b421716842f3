const LOCAL_PATTERN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::\d{2}(?:\.\d{1,3})?)?$/;

/** What a clock on the wall of a zone shows at an instant, as `<input type="datetime-local">` has it: "2026-10-14T14:30". */
export function wallTimeOf(atMs: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallParts(atMs, timeZone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/**
 * The instant (Unix ms) at which that clock shows this; null for what is no such text. When clocks go back the first of
 * the two is meant, and a time they leap over is the same distance after the leap.
 */
export function fromWallTime(text: string, timeZone: string): number | null {
  const parts = LOCAL_PATTERN.exec(text);
  if (!parts) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.slice(1, 6).map(Number);
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  // What the calendar does not have, Date carries over into the next month.
  if (new Date(asUtc).toISOString().slice(0, 16) !== text.slice(0, 16)) return null;
  // The zone's distance from UTC before that hour and after it; they differ around a change of clocks.
  const DAY_ms = 86_400_000;
  const before = asUtc - offsetOf(asUtc - DAY_ms, timeZone);
  const after = asUtc - offsetOf(asUtc + DAY_ms, timeZone);
  return before + offsetOf(before, timeZone) === asUtc
    ? before
    : after + offsetOf(after, timeZone) === asUtc
    ? after
    : before;
}

/** How far a zone's clocks are ahead of UTC at an instant, in ms. */
function offsetOf(atMs: number, timeZone: string): number {
  return Date.parse(`${wallTimeOf(atMs, timeZone)}Z`) - Math.floor(atMs / 60_000) * 60_000;
}

function wallParts(atMs: number, timeZone: string) {
  const found = { year: "", month: "", day: "", hour: "", minute: "" };
  const formatter = new Intl.DateTimeFormat("en", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  for (const { type, value } of formatter.formatToParts(atMs)) {
    if (type in found) found[type as keyof typeof found] = value;
  }
  return { ...found, year: found.year.padStart(4, "0") };
}
