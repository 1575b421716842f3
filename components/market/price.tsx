import type { JSX } from "preact";
import { type Change, type Direction, formatPrice } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";

/** Points up or down; nothing when flat, but the place is kept. */
export function Triangle({ direction }: { direction: Direction }): JSX.Element {
  return (
    <svg class="triangle" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      {direction !== "flat" && (
        <path d={direction === "up" ? "M4 1.2 7.4 6.6H.6Z" : "M4 6.8.6 1.4h6.8Z"} fill="currentColor" />
      )}
    </svg>
  );
}

/** A change over 24 hours with its triangle; `full` shows the amount before the percentage. */
export function ChangeText({ change, full = false }: { change: Change | null; full?: boolean }): JSX.Element {
  if (change === null) return <NoData />;
  // What rounds to nothing points nowhere.
  const direction = full || change.percent !== "0.00%" ? change.direction : "flat";
  return (
    <span class={`change ${direction}`}>
      <Triangle direction={direction} />
      {full ? `${change.amount} (${change.percent})` : change.percent}
    </span>
  );
}

/** A last price. Each new `sequence` lets a tick fade out once. */
export function LastPrice(
  { last, tickSize, tick, sequence }: { last: string | undefined; tickSize: string; tick: Direction; sequence: number },
): JSX.Element {
  if (last === undefined) return <NoData />;
  const isTick = sequence > 0 && tick !== "flat";
  return <span key={sequence} class={isTick ? `tick ${tick}` : "tick"}>{formatPrice(last, tickSize)}</span>;
}

/** Stands where a figure is missing. Never 0. */
export function NoData({ className = "" }: { className?: string }): JSX.Element {
  return <span class={`no-data ${className}`}>{useTexts().t("live.no_data")}</span>;
}
