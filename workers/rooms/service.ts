import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import { RoomKeeper } from "../../lib/rooms/worker/room_keeper.ts";
import { RoomMetrics } from "../../lib/rooms/worker/room_metrics.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** Counts viewers, ends abandoned rooms, and raises the epochs that wait. */
export function createRoomService(context: WorkerContext): Service {
  const { settings, rpc, registry, logger, nowMs, random, newId } = context;
  const metrics = new RoomMetrics(registry);
  const keeper = new RoomKeeper({ holder: newId(), rpc, metrics, logger, nowMs, random });
  return {
    name: "rooms",
    async run(signal) {
      // A socket of its own: a topic can be joined once on each.
      const listener = createWorkerClient(settings.supabaseUrl, settings.secretKey);
      const stopListening = listenForWake(listener, (payload) => {
        if (payload === null || payload.lease === "rooms") keeper.wake();
      });
      try {
        await keeper.run(signal);
      } finally {
        await stopListening();
      }
    },
    health: () => ({ ...keeper.health() }),
  };
}
