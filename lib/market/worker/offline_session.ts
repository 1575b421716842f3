import { Registry } from "prom-client";
import type { Logger } from "../../kernel/log.ts";
import { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { FeedMetrics } from "./feed_metrics.ts";
import type { FeedTotals } from "./feed_recorder.ts";
import { FeedSession } from "./feed_session.ts";
import type { FeedStore } from "./feed_store.ts";
import { QuarantineKeeper } from "./quarantine_keeper.ts";
import type { Venue } from "./venue.ts";

/** What a session without database and readers needs. */
export interface OfflineSessionOptions {
  venue: Venue;
  store: FeedStore;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
  random: () => number;
}

/** A feed's session on its own, and what it counts. */
export interface OfflineSession {
  session: FeedSession;
  totals: FeedTotals;
  quarantine: QuarantineKeeper;
}

/** The fencing token of a feed that nobody competes with. */
const TOKEN = 1;

/** Makes the same session that a worker runs, with nobody to tell: for recording and replaying. */
export function openOfflineSession(options: OfflineSessionOptions): OfflineSession {
  const { store, nowMs, wallMs } = options;
  const totals: FeedTotals = {
    reconnects: 0,
    replaced: 0,
    gapsFound: 0,
    gapsFilled: 0,
    foldsChecked: 0,
    foldsDiffering: 0,
    repairs: 0,
  };
  const quarantine = new QuarantineKeeper({ store, nowMs, wallMs });
  const session = new FeedSession({
    ...options,
    totals,
    quarantine,
    listing: null,
    broadcaster: new NoReaders(options),
    metrics: new FeedMetrics(new Registry()),
    token: () => TOKEN,
  });
  return { session, totals, quarantine };
}

/** Nobody reads along. */
class NoReaders extends Broadcaster {
  constructor({ logger, random, nowMs }: Pick<OfflineSessionOptions, "logger" | "random" | "nowMs">) {
    super({ url: "", secretKey: "", logger, random, nowMs, messages_per_s_max: null });
  }

  override send(): void {}
}
