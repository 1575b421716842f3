import { Feed } from "../../lib/market/worker/feed.ts";
import type { FeedMetrics } from "../../lib/market/worker/feed_metrics.ts";
import { openVenue } from "../../lib/market/worker/venues.ts";
import { Broadcaster } from "../../lib/realtime/worker/broadcaster.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** The feed of every exchange named in the settings, behind one broadcaster and one wake channel. */
export function createFeedService(context: WorkerContext, metrics: FeedMetrics): Service {
  const { settings, client, rpc, logger, nowMs, random } = context;
  const broadcaster = new Broadcaster({
    url: settings.supabaseUrl,
    secretKey: settings.secretKey,
    logger,
    random,
    observe: (outcome, messages) => {
      if (outcome === "sent") metrics.broadcasts.inc(messages);
      else if (outcome === "failed") metrics.broadcastFailures.inc(messages);
      else metrics.broadcastsReplaced.inc(messages);
    },
  });
  const feeds = settings.exchanges.map((exchange) =>
    new Feed({
      exchange,
      holder: context.newId(),
      rpc,
      broadcaster,
      logger,
      metrics,
      openVenue: () => openVenue({ exchange, logger, nowMs, random }, settings.simPort),
      nowMs,
      random,
    })
  );
  return {
    name: "feed",
    async run(signal) {
      const failed = new AbortController();
      const any = AbortSignal.any([signal, failed.signal]);
      const stopListening = listenForWake(client, () => {
        for (const feed of feeds) feed.wake();
      }, (state) => logger.info("The wake channel changed its state", { state }));
      const runs = feeds.map((feed) =>
        feed.run(any).catch((error) => {
          failed.abort();
          throw error;
        })
      );
      const ended = await Promise.allSettled(runs);
      await Promise.all([broadcaster.close(), stopListening()]);
      for (const result of ended) if (result.status === "rejected") throw result.reason;
    },
    health() {
      const states = feeds.map((feed) => feed.health());
      return { healthy: states.every((state) => state.healthy), feeds: states };
    },
  };
}
