import type { BadFrame } from "../bad_frame.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import type { FeedTotals } from "./feed_recorder.ts";
import type { FoldCounts } from "./fold_auditor.ts";

/** Counts what happens to a feed: for its status, which outlives a session, and for Prometheus. */
export class FeedTally {
  readonly #labels: { exchange: string };
  readonly #totals: FeedTotals;
  readonly #metrics: FeedMetrics;

  constructor(exchange: string, totals: FeedTotals, metrics: FeedMetrics) {
    this.#labels = { exchange };
    this.#totals = totals;
    this.#metrics = metrics;
  }

  ticked(): void {
    this.#metrics.ticks.inc(this.#labels);
  }

  stored(rows: number): void {
    this.#metrics.candlesStored.inc(this.#labels, rows);
  }

  /** The socket was lost. */
  lost(): void {
    this.#totals.reconnects++;
    this.#metrics.reconnects.inc(this.#labels);
  }

  /** The socket was replaced as planned. */
  replaced(): void {
    this.#totals.replaced++;
    this.#metrics.replacements.inc(this.#labels);
  }

  badFrame({ reason }: BadFrame): void {
    this.#metrics.badFrames.inc({ ...this.#labels, reason });
  }

  gap(found: number, filled: number): void {
    this.#totals.gapsFound += found;
    this.#totals.gapsFilled += filled;
    this.#metrics.gapsFound.inc(this.#labels, found);
    this.#metrics.gapsFilled.inc(this.#labels, filled);
  }

  checked({ checked, differing, repairs }: FoldCounts): void {
    this.#totals.foldsChecked += checked;
    this.#totals.foldsDiffering += differing;
    this.#totals.repairs += repairs;
    this.#metrics.foldsChecked.inc(this.#labels, checked);
    this.#metrics.foldsDiffering.inc(this.#labels, differing);
    this.#metrics.repairs.inc(this.#labels, repairs);
  }

  /** Time since the last frame. */
  age(age_ms: number): void {
    this.#metrics.lastEventAge.set(this.#labels, age_ms / 1_000);
  }
}
