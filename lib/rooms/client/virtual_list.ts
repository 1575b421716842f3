/** Where the rows of a long list are: those in sight alone are in the document. */

/**
 * Tops of the rows, and behind them the height of all.
 * @param heights measured heights by key; what was never seen is taken to be `estimate` high.
 */
export function rowTops(
  keys: readonly string[],
  heights: ReadonlyMap<string, number>,
  estimate: number,
): Float64Array {
  const tops = new Float64Array(keys.length + 1);
  let top = 0;
  keys.forEach((key, i) => {
    tops[i] = top;
    top += heights.get(key) ?? estimate;
  });
  tops[keys.length] = top;
  return tops;
}

/** The row at a height: the last one that begins there or above. */
export function rowAt(tops: Float64Array, height: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((tops[middle] ?? 0) <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows from `start` to before `end` that lie in a window, and `spare` more pixels on either side. */
export function rowsIn(
  tops: Float64Array,
  scrollTop: number,
  windowHeight: number,
  spare: number,
): { start: number; end: number } {
  const count = tops.length - 1;
  if (count <= 0) return { start: 0, end: 0 };
  return {
    start: rowAt(tops, Math.max(0, scrollTop - spare)),
    end: Math.min(count, rowAt(tops, scrollTop + windowHeight + spare) + 1),
  };
}

/** What stays where it is while rows come, go and are measured: the end of the list, or the first row in sight. */
export type Anchor = { key: string; offset: number } | null;

/** Pixels from the end within which a reader counts as following it. */
export const END_px = 48;

/** The anchor of what is in sight; null is the end. */
export function anchorOf(
  keys: readonly string[],
  tops: Float64Array,
  scrollTop: number,
  windowHeight: number,
): Anchor {
  const height = tops[keys.length] ?? 0;
  if (keys.length === 0 || scrollTop + windowHeight >= height - END_px) return null;
  return placeAt(keys, tops, scrollTop);
}

/** The first row in sight as an anchor, wherever that is. */
export function placeAt(keys: readonly string[], tops: Float64Array, scrollTop: number): Anchor {
  const index = rowAt(tops, scrollTop);
  return { key: keys[index] ?? "", offset: scrollTop - (tops[index] ?? 0) };
}

/** Where to scroll so that the anchor is where it was; null when it is gone, and the place may stay. */
export function scrollFor(
  anchor: Anchor,
  keys: readonly string[],
  tops: Float64Array,
  windowHeight: number,
): number | null {
  if (anchor === null) return Math.max(0, (tops[keys.length] ?? 0) - windowHeight);
  const index = keys.indexOf(anchor.key);
  return index === -1 ? null : (tops[index] ?? 0) + anchor.offset;
}
