const UNIT_MS: Record<string, number> = { ns: 1e-6, us: 1e-3, "µs": 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
/** A century, in milliseconds: `timestamptz` holds it with room to spare. */
const BAN_MS_MAX = 100 * 365.25 * 24 * 3_600_000;

/**
 * Reads a ban's length as Auth's admin API writes it: "none" (0), or Go's durations such as "24h" or "1h30m".
 * @returns milliseconds, or undefined for anything else.
 */
export function parseBanDuration(text: string): number | undefined {
  if (text === "none") return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total_ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total_ms += Number(count) * (UNIT_MS[unit as string] as number);
  }
  return Math.min(total_ms, BAN_MS_MAX);
}
