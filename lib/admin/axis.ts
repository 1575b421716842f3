/** What a value axis shows: its ends, and the marks from low to high, both ends included. */
export interface Axis {
  low: number;
  high: number;
  marks: readonly number[];
}

/** Marks an axis has at most: more are not told apart at the size these charts have. */
const MARKS_MAX = 5;

/** Values below this share of the highest make the axis begin at 0: a cut axis would exaggerate what is a large move. */
const FROM_ZERO_SHARE = 0.6;

/**
 * An axis around the values with round marks (1, 2 or 5 times a power of ten). Flat and empty series get one, too.
 * @param aroundZero whether 0 is on it in any case, as for sums that go both ways.
 */
export function axisOf(values: readonly number[], aroundZero = false): Axis {
  const shown = values.filter(Number.isFinite);
  let low = Math.min(...shown, ...(shown.length === 0 || aroundZero ? [0] : []));
  let high = Math.max(...shown, ...(shown.length === 0 || aroundZero ? [0] : []));
  if (low > 0 && low < high * FROM_ZERO_SHARE) low = 0;
  if (low === high) {
    // A flat line runs through the middle, and one at 0 along the bottom.
    const room = high === 0 ? 1 : Math.abs(high) / 10;
    if (low !== 0) low -= room;
    high += room;
  }
  const step = roundStep((high - low) / (MARKS_MAX - 2));
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  const marks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { low: first * step, high: last * step, marks };
}

/** The next 1, 2 or 5 times a power of ten. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const share = least / power;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

/** A mark in few characters: "0", "950", "1.2k", "14.2M", with a true minus. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  for (const [unit, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= unit) return `${sign}${trimmed(size / unit)}${letter}`;
  }
  return `${sign}${trimmed(size)}`;
}

function trimmed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
