/** Our side of the rooms benchmark: embedded Supabase whole, and the worker's keeper of rooms beside it. */
import { Registry } from "prom-client";
import { createLogger } from "../../lib/kernel/log.ts";
import { createWorkerClient, Rpc } from "../../lib/kernel/worker/supabase.ts";
import { RoomKeeper } from "../../lib/rooms/worker/room_keeper.ts";
import { RoomMetrics } from "../../lib/rooms/worker/room_metrics.ts";
import { signUp } from "../../supabase/embedded/auth_testing.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { obey, ready } from "../peers/control.mjs";

/** A streamer's page does so. */
const TOUCH_EVERY_ms = 30_000;
const people = Number(Deno.args[0]);

const stack = await startTestSupabase();
const { url, publishableKey, secretKey, dbUrl } = stack;
const { supabase: streamer } = await signUp(stack, "streamer@bench.test");
const opened = await streamer.rpc("create_stream", {
  p_stream: { title: "The morning in Bitcoin" },
  p_client_id: crypto.randomUUID(),
});
if (opened.error) throw new Error(`Cannot open the room: ${opened.error.message}`);
const streamId: string = opened.data.stream.stream_id;
const touching = setInterval(() => streamer.rpc("touch_streamer", { p_stream_id: streamId }).then(), TOUCH_EVERY_ms);
const { session: rowdy } = await signUp(stack, "rowdy@bench.test");
const { data: { session: own } } = await streamer.auth.getSession();
const tokens: string[] = [];
for (let i = 0; i < people; i++) {
  tokens.push((await signUp(stack, `speaker${i}@bench.test`)).session.access_token);
}

const stopping = new AbortController();
const keeper = new RoomKeeper({
  holder: crypto.randomUUID(),
  rpc: new Rpc(createWorkerClient(url, secretKey)),
  metrics: new RoomMetrics(new Registry()),
  logger: createLogger({ service: "bench", write: () => {}, nowMs: Date.now }),
  nowMs: () => performance.now(),
  random: Math.random,
});
const keeping = keeper.run(stopping.signal);

obey(() => {}, async () => {
  clearInterval(touching);
  stopping.abort();
  await keeping;
  await stack.stop();
});
ready(Number(new URL(url).port), {
  ...{ publishableKey, dbUrl, streamId, tokens },
  ...{ streamerToken: own?.access_token, rowdyId: rowdy.user.id, rowdyToken: rowdy.access_token },
});
