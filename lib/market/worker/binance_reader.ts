import { badFrame } from "../bad_frame.ts";
import { type DecodedFrame, decodeFrame } from "../binance_frames.ts";
import { FrameGuard, type Verdict } from "../frame_guard.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { VenueListener } from "./venue.ts";

/** What became of a frame: it was of use, announced the server's end, or could not be used. */
export type FrameOutcome = "used" | "shutdown" | "bad";

/**
 * Makes events of the frames of Binance's streams, each judged by those before it. It has no socket: frames that come in
 * now and those of a recording take the same way.
 */
export class BinanceReader {
  readonly #bookLevels: number;
  readonly #guard: FrameGuard;
  readonly #symbolOfId = new Map<string, string>();
  #listener: VenueListener | null = null;

  constructor({ clockJump_ms_max, bookLevels }: Pick<VenueCapabilities, "clockJump_ms_max" | "bookLevels">) {
    this.#guard = new FrameGuard(clockJump_ms_max);
    this.#bookLevels = bookLevels;
  }

  /** Latest event time believed, Unix ms; null before the first. */
  get latestMs(): number | null {
    return this.#guard.latestMs;
  }

  /** Who is told; null for nobody. */
  listen(listener: VenueListener | null): void {
    this.#listener = listener;
  }

  /** Says which symbol of ours the exchange's `id` is. One that is delisted stays known: its last frames may still come. */
  name(id: string, symbol: string): void {
    this.#symbolOfId.set(id, symbol);
  }

  /** Our symbol of the exchange's `id`. */
  symbolOf(id: string): string | undefined {
    return this.#symbolOfId.get(id);
  }

  /** A socket was lost: what comes next may follow on anything. */
  reset(): void {
    this.#guard.reset();
  }

  /** Takes a frame as it came; see StreamSocketListener for `splicing`. */
  take(data: unknown, splicing: boolean): FrameOutcome {
    if (typeof data !== "string") {
      const bytes = data instanceof ArrayBuffer ? data.byteLength : 0;
      this.#listener?.onBadFrame({ reason: "not_text", raw: "", bytes });
      return "bad";
    }
    const frame = decodeFrame(data);
    if (frame.kind === "shutdown") return "shutdown";
    const verdict = this.#judge(frame, splicing);
    if (verdict === "take" || verdict === "repeat") return "used";
    this.#listener?.onBadFrame(badFrame(verdict, data));
    return "bad";
  }

  #judge(frame: Exclude<DecodedFrame, { kind: "shutdown" }>, splicing: boolean): Verdict {
    const listener = this.#listener;
    if (frame.kind === "bad") return frame.reason;
    if (listener === null) return "repeat";
    const symbol = this.#symbolOfId.get(frame.id);
    // Nothing else is ever subscribed to.
    if (symbol === undefined) return "unknown_event";
    if (frame.kind === "kline") {
      if (frame.interval !== "1m") return "unknown_event";
      const verdict = this.#guard.kline(frame, splicing);
      if (verdict === "take") {
        listener.onTick({ symbol, candle: frame.candle, closed: frame.closed, et: frame.et });
      }
      return verdict;
    }
    if (frame.kind === "trade") {
      const verdict = this.#guard.trade(frame, splicing);
      if (verdict === "take") {
        const { tradeId, price, quantity, side, at } = frame;
        listener.onTrade({ symbol, id: String(tradeId), price, quantity, side, at });
      }
      return verdict;
    }
    const verdict = this.#guard.book(frame.id, frame, splicing);
    if (verdict === "take") {
      const { bids, asks } = frame;
      listener.onBook({ symbol, bids, asks, at: this.#guard.latestMs, depth: this.#bookLevels });
    }
    return verdict;
  }
}
