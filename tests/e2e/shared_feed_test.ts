import assert from "node:assert/strict";
import { createClient, type RealtimeChannel } from "@supabase/supabase-js";
import { getJson, startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";

const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"];
const WATCHERS = 100;

interface WsStats {
  activeSessions: number;
  totalSubscriptions: number;
  sharedWebSockets: number;
  timeframes: string[];
  efficiency: {
    traditionalConnections: number;
    sharedConnections: number;
    savedConnections: number;
    savingsPercent: string;
  };
}

Deno.test({
  name: "a hundred watchers on six timeframes cost the exchange one socket, and ws-stats says so",
  // Stock realtime clients keep timers for a moment after they disconnect.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using stack = await startDevStack();
    const giveUp = new AbortController();
    const seen = new Set<number>();
    const streams = Array.from({ length: WATCHERS / 2 }, async (_, index) => {
      const timeframe = TIMEFRAMES[index % TIMEFRAMES.length];
      const response = await fetch(`${stack.webUrl}/api/v1/stream/candles?symbol=BTC-USDT&timeframe=${timeframe}`, {
        signal: giveUp.signal,
      });
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
      readUntilForming(response, () => seen.add(index));
    });
    await Promise.all(streams);

    const clients = Array.from({ length: WATCHERS / 2 }, () => createClient(stack.supabaseUrl, stack.publishableKey));
    const channels = await Promise.all(clients.map(async (client, index) => {
      const topic = `market:sim:BTC-USDT:${TIMEFRAMES[index % TIMEFRAMES.length]}`;
      const channel = client.channel(topic, { config: { private: true } });
      channel.on("broadcast", { event: "candle" }, () => seen.add(WATCHERS / 2 + index));
      await joined(channel);
      const { error } = await client.rpc("watch", { p_topics: [topic], p_client_id: crypto.randomUUID() });
      assert.equal(error, null);
      return channel;
    }));

    await until(() => seen.size === WATCHERS, () => `all watchers got a candle: ${seen.size} of ${WATCHERS}`);
    const stats = await getJson<WsStats>(`${stack.webUrl}/api/v1/ws-stats`);
    assert.equal(stats.activeSessions, WATCHERS);
    assert.equal(stats.totalSubscriptions, WATCHERS);
    assert.equal(stats.sharedWebSockets, 1);
    assert.deepEqual(stats.timeframes, TIMEFRAMES);
    assert.deepEqual(stats.efficiency, {
      traditionalConnections: 600,
      sharedConnections: 1,
      savedConnections: 599,
      savingsPercent: "99.8%",
    });
    const sim = await getJson<{ open_sockets: number }>(`${stack.simUrl}/sim/stats`);
    assert.equal(sim.open_sockets, 1);

    giveUp.abort();
    await Promise.all(channels.map((channel) => channel.unsubscribe()));
    await Promise.all(clients.map((client) => client.realtime.disconnect()));
  },
});

/** Reads server-sent events until one carries a forming candle. */
async function readUntilForming(response: Response, found: () => void): Promise<void> {
  if (!response.body) return;
  let text = "";
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-20_000);
      if (text.includes('"closed":false')) found();
    }
  } catch {
    // The test has ended and aborted the stream.
  }
}

function joined(channel: RealtimeChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === "SUBSCRIBED") resolve();
      else if (status !== "CLOSED") reject(error ?? new Error(status));
    });
  });
}
