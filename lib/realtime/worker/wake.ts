import type { WorkerClient } from "../../kernel/worker/supabase.ts";
import { WORKER_TOPIC } from "../topic.ts";

/** Stops listening. */
export type StopListening = () => Promise<void>;

/**
 * Calls `onWake` for each `wake` on the topic `worker`, which only the secret key may join, and once after each
 * (re)join with null, because wakes may have been missed. A wake is a hint: whoever listens polls as well.
 * @param onState told the channel's state: `SUBSCRIBED`, `CHANNEL_ERROR`, `TIMED_OUT`, `CLOSED`.
 */
export function listenForWake(
  client: WorkerClient,
  onWake: (payload: Readonly<Record<string, unknown>> | null) => void,
  onState: (state: string) => void = () => {},
): StopListening {
  const channel = client.channel(WORKER_TOPIC, { config: { private: true } });
  channel.on("broadcast", { event: "wake" }, ({ payload }) => onWake(payload ?? {}));
  channel.subscribe((state) => {
    onState(state);
    if (state === "SUBSCRIBED") onWake(null);
  });
  return async () => {
    await client.removeChannel(channel);
    await client.realtime.disconnect();
  };
}
