import { Feed } from "../../lib/market/worker/feed.ts";
import type { FeedMetrics } from "../../lib/market/worker/feed_metrics.ts";
import { FeedRecording, newRecordingId } from "../../lib/market/worker/feed_recording.ts";
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
    nowMs,
    messages_per_s_max: settings.realtimeMessages_per_s_max,
    observe: (outcome, messages) => {
      if (outcome === "sent") metrics.broadcasts.inc(messages);
      else if (outcome === "failed") metrics.broadcastFailures.inc(messages);
      else metrics.broadcastsReplaced.inc(messages);
    },
  });
  const wallMs = () => Date.now();
  const recordings: FeedRecording[] = [];
  const feeds = settings.exchanges.map((exchange) => {
    const venueOptions = { exchange, logger, nowMs, random };
    const recording = settings.recordDir === null
      ? null
      : new FeedRecording({ exchange, folder: settings.recordDir, logger, nowMs, wallMs, newId: newRecordingId });
    if (recording !== null) recordings.push(recording);
    return new Feed({
      exchange,
      holder: context.newId(),
      rpc,
      broadcaster,
      logger,
      metrics,
      openVenue: () =>
        recording === null
          ? openVenue(venueOptions, settings.simPort)
          : recording.openVenue((tap) => openVenue({ ...venueOptions, tap }, settings.simPort)),
      ...(recording === null ? {} : { store: recording.openStore(rpc) }),
      nowMs,
      wallMs,
      random,
    });
  });
  return {
    name: "feed",
    async run(signal) {
      const failed = new AbortController();
      const any = AbortSignal.any([signal, failed.signal]);
      const stopListening = listenForWake(client, (payload) => {
        for (const feed of feeds) {
          if (typeof payload?.lease === "string") feed.leaseReleased(payload.lease);
          else feed.wake({ alerts: payload === null || "alerts" in payload });
        }
      }, (state) => logger.info("The wake channel changed its state", { state }));
      const runs = feeds.map((feed) =>
        feed.run(any).catch((error) => {
          failed.abort();
          throw error;
        })
      );
      const ended = await Promise.allSettled(runs);
      await Promise.all([broadcaster.close(), stopListening(), ...recordings.map((recording) => recording.close())]);
      for (const result of ended) if (result.status === "rejected") throw result.reason;
    },
    health() {
      const states = feeds.map((feed) => feed.health());
      return { healthy: states.every((state) => state.healthy), feeds: states };
    },
  };
}
