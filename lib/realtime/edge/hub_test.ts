import assert from "node:assert/strict";
import { startTestSupabase } from "../../../supabase/embedded/testing.ts";
import { createLogger } from "../../kernel/log.ts";
import { CHANNELS_PER_CONNECTION_MAX, CONNECTIONS_MAX, createTopicHub, type TopicListener } from "./hub.ts";

const WAIT_ms_MAX = 10_000;
const logger = createLogger({ service: "test", write: () => {}, nowMs: () => 0 });

// realtime-js leaves a timer of 10 s behind each disconnect(), which either sanitizer takes for a leak.
const LEAVES_A_TIMER = { sanitizeOps: false, sanitizeResources: false };

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_ms_MAX;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `${what} did not come within ${WAIT_ms_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

class Ear implements TopicListener {
  readonly heard: unknown[] = [];
  state = "";
  onBroadcast(event: string, payload: unknown): void {
    this.heard.push([event, payload]);
  }
  onState(state: string): void {
    this.state = state;
  }
}

Deno.test("a hub against the real Realtime", LEAVES_A_TIMER, async (t) => {
  await using stack = await startTestSupabase();
  const options = { url: stack.url, publishableKey: stack.publishableKey, fetch, logger };
  const say = (topic: string, n: number) =>
    stack.sql`select realtime.send(jsonb_build_object('n', ${n}::int), 'candle', ${topic}, true)`;

  await t.step(
    "listeners of a topic share a channel, hear each broadcast once, and again after all have left",
    async () => {
      const hub = createTopicHub(options);
      const topic = "market:sim:BTC-USDT:1m";
      for (let round = 0; round < 3; round++) {
        const ears = [new Ear(), new Ear()];
        const stops = ears.map((ear) => hub.listen(topic, ear));
        await until("both live", () => ears.every(({ state }) => state === "live"));
        assert.deepEqual(hub.counts(), { topics: 1, connections: 1 });
        await say(topic, round);
        await until("both heard", () => ears.every(({ heard }) => heard.length > 0));
        for (const { heard } of ears) {
          assert.equal(heard.length, 1);
          assert.equal((heard[0] as [string, { n: number }])[1].n, round);
        }
        // Left and joined again at once: the channel must not be mistaken for the one still leaving.
        for (const stop of stops) stop();
      }
      assert.deepEqual(hub.counts(), { topics: 0, connections: 0 });
      await hub.close();
    },
  );

  await t.step("a topic that may not be read stays reconnecting and disturbs no other", async () => {
    const hub = createTopicHub(options);
    const [forbidden, open] = [new Ear(), new Ear()];
    hub.listen("worker", forbidden);
    hub.listen("market:sim:ETH-USDT:1m", open);
    await until("the open one", () => open.state === "live");
    assert.equal(forbidden.state, "reconnecting");
    await hub.close();
  });

  await t.step("topics past the limit of a connection go to the next, and past all of them are refused", async () => {
    const hub = createTopicHub(options);
    const ears = Array.from({ length: CHANNELS_PER_CONNECTION_MAX + 1 }, () => new Ear());
    ears.forEach((ear, i) => hub.listen(`market:sim:C${i}-USDT:1m`, ear));
    assert.deepEqual(hub.counts(), { topics: CHANNELS_PER_CONNECTION_MAX + 1, connections: 2 });
    await until("all live", () => ears.every(({ state }) => state === "live"));
    await hub.close();
    assert.throws(() => hub.listen("market:sim:BTC-USDT:1m", new Ear()), { code: "upstream_unavailable" });
  });

  await t.step("a hub refuses more topics than its connections hold", async () => {
    const hub = createTopicHub({ ...options, url: "http://127.0.0.1:9" });
    for (let i = 0; i < CHANNELS_PER_CONNECTION_MAX * CONNECTIONS_MAX; i++) {
      hub.listen(`market:sim:C${i}:1m`, new Ear());
    }
    assert.throws(() => hub.listen("market:sim:BTC-USDT:1m", new Ear()), { code: "stream_limit" });
    await hub.close();
  });
});
