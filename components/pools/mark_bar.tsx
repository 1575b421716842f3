import type { JSX } from "preact";
import type { Investment } from "../../lib/pools/investment_shapes.ts";
import { useTexts } from "../layout/texts.ts";

/** The prices all bars of a table span, so that rows compare. */
export interface MarkScale {
  low: number;
  high: number;
}

/** Room at both ends, as a share of the width. */
const ROOM = 0.05;

/** The span of what was paid, marked and is worth now. */
export function markScale(lots: readonly Investment[]): MarkScale {
  const prices = lots.flatMap(({ price_bought, mark, unit_price }) =>
    [price_bought, mark, unit_price].flatMap((price) => price === null ? [] : [Number(price)])
  );
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const room = Math.max((high - low) * ROOM, high * 0.001);
  return { low: low - room, high: high + room };
}

/** Where a lot's price stands between what was paid and the mark above which a fee is due. */
export function MarkBar({ lot, scale }: { lot: Investment; scale: MarkScale }): JSX.Element | null {
  const { t } = useTexts();
  const { price_bought, mark, unit_price } = lot;
  if (price_bought === null || mark === null || unit_price === null) return null;
  const place = (price: string) => Math.round(((Number(price) - scale.low) / (scale.high - scale.low)) * 1000) / 10;
  const [bought, level, now] = [place(price_bought), place(mark), place(unit_price)];
  const isAbove = now >= level;
  return (
    <svg class="mark-bar" role="img" aria-label={t(isAbove ? "pool.above_mark" : "pool.below_mark")}>
      <defs>
        <pattern
          id={`hatch-${lot.id}`}
          width="5"
          height="8"
          patternUnits="userSpaceOnUse"
          patternTransform="skewX(-35)"
        >
          <path class="hatch" d="M1 0V8" />
        </pattern>
      </defs>
      <rect class="rail" x="0" y="9" width="100%" height="2" rx="1" />
      {isAbove
        ? <rect class="profit" x={`${level}%`} y="7" width={`${now - level}%`} height="6" />
        : <rect x={`${now}%`} y="6" width={`${level - now}%`} height="8" fill={`url(#hatch-${lot.id})`} />}
      <rect class="bought" x={`${bought}%`} y="6" width="1.5" height="8" />
      <rect class="level" x={`${level}%`} y="3" width="2" height="14" />
      <circle class="now" cx={`${now}%`} cy="10" r="3.5" />
    </svg>
  );
}
