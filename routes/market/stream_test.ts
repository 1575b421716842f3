import assert from "node:assert/strict";
import { marketTopic } from "../../lib/realtime/topic.ts";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";
import { CANDLES_STORED, createTestWeb, FIRST_T, seedMarkets, startStack, type TestWeb } from "../../tests/web.ts";

const LAST_T = FIRST_T + (CANDLES_STORED - 1) * 60_000;
const PATH = "/api/v1/stream/candles?exchange=sim&symbol=BTC-USDT&timeframe=1m";
const TOPIC = marketTopic("sim", "BTC-USDT", "1m");
const WAIT_ms_MAX = 10_000;

interface StreamEvent {
  event: string;
  id: string | undefined;
  data: Record<string, unknown>;
}

/** Reads one stream of server-sent events as a browser's EventSource does. */
class EventReader implements AsyncDisposable {
  readonly events: StreamEvent[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  ended = false;

  constructor(response: Response) {
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.ok(response.body);
    this.#reader = response.body.getReader();
    this.#pump();
  }

  async until(what: string, matches: (event: StreamEvent) => boolean): Promise<StreamEvent> {
    await until(`the event "${what}"`, () => this.events.some(matches));
    return this.events.find(matches) as StreamEvent;
  }

  /** Goes away, as a closed tab does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }

  async #pump(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#text += decoder.decode(value, { stream: true });
      const parts = this.#text.split("\n\n");
      this.#text = parts.pop() ?? "";
      for (const part of parts) this.#keep(part);
    }
    this.ended = true;
  }

  #keep(part: string): void {
    const fields = new Map(
      part.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.replace(/^\w*: ?/, "")]),
    );
    const event = fields.get("event");
    if (event) this.events.push({ event, id: fields.get("id"), data: JSON.parse(fields.get("data") ?? "null") });
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_ms_MAX;
  while (!await condition()) {
    assert.ok(performance.now() < deadline, `${what} did not come within ${WAIT_ms_MAX} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function open(web: TestWeb, path = PATH, headers: Record<string, string> = {}): Promise<EventReader> {
  return new EventReader(await web.app.request(path, { headers }));
}

/** A stretch of network before Supabase that can be cut. */
class Wire implements Disposable {
  readonly url: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();

  constructor(target: string) {
    this.url = `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#accept(new URL(target));
  }

  cut(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cut();
  }

  async #accept({ hostname, port }: URL): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname, port: Number(port) });
      for (const [from, to] of [[near, far], [far, near]] as const) {
        this.#connections.add(from);
        from.readable.pipeTo(to.writable).catch(() => {}).finally(() => this.#connections.delete(from));
      }
    }
  }
}

const isLive = ({ event, data }: StreamEvent) => event === "status" && data.state === "live";

/** Broadcasts a candle as the worker does. */
async function broadcast(stack: TestSupabase, payload: Record<string, unknown>, topic = TOPIC): Promise<void> {
  const response = await fetch(`${stack.url}/realtime/v1/api/broadcast`, {
    method: "POST",
    headers: { apikey: stack.secretKey, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ topic, event: "candle", payload, private: true }] }),
  });
  await response.body?.cancel();
  assert.equal(response.status, 202);
}

function candle(t: number, close: string, extra: Record<string, unknown> = {}) {
  return { t, o: "1", h: "9", l: "1", c: close, v: "2", closed: false, et: t + 1, token: 7, ...extra };
}

// realtime-js leaves a timer of 10 s behind each disconnect(), which either sanitizer takes for a leak.
const LEAVES_A_TIMER = { sanitizeOps: false, sanitizeResources: false };

Deno.test("GET /api/v1/stream/candles against the real stack", LEAVES_A_TIMER, async (t) => {
  await using stack = await startStack();
  await seedMarkets(stack);
  const web = await createTestWeb({ supabase: stack });

  await t.step("the stream starts with the last closed candle and goes on with live ones", async () => {
    await using reader = await open(web);
    const first = await reader.until("first candle", ({ event }) => event === "candle");
    assert.equal(first.data.t, LAST_T);
    assert.equal(first.id, String(LAST_T));
    await reader.until("live", isLive);
    await broadcast(stack, candle(LAST_T + 60_000, "5"));
    const forming = await reader.until("forming", ({ data }) => data.c === "5");
    assert.equal(forming.id, undefined);
    assert.deepEqual(Object.keys(forming.data), ["t", "o", "h", "l", "c", "v", "closed"]);
  });

  await t.step("a broadcast of an older worker, of an older candle, or of no candle at all is dropped", async () => {
    await using reader = await open(web);
    await reader.until("live", isLive);
    await broadcast(stack, candle(LAST_T + 60_000, "10", { token: 9 }));
    await broadcast(stack, candle(LAST_T + 60_000, "11", { token: 8 }));
    await broadcast(stack, candle(LAST_T, "12", { token: 9 }));
    await broadcast(stack, { t: "x" });
    await broadcast(stack, candle(LAST_T + 60_000, "13", { token: 9 }));
    await reader.until("last", ({ data }) => data.c === "13");
    const told = reader.events.filter(({ event }) => event === "candle").map(({ data }) => data.c);
    assert.deepEqual(told, ["1599.5", "10", "13"]);
  });

  await t.step("Last-Event-ID replays exactly the closed candles after it", async () => {
    await using reader = await open(web, PATH, { "last-event-id": String(LAST_T - 3 * 60_000) });
    await reader.until("status", ({ event }) => event === "status");
    const replayed = reader.events.filter(({ event }) => event === "candle").map(({ data }) => data.t);
    assert.deepEqual(replayed, [LAST_T - 120_000, LAST_T - 60_000, LAST_T]);
  });

  await t.step(
    "a reader that was away too long gets the newest thousand without a gap before the live ones",
    async () => {
      await using reader = await open(web, PATH, { "last-event-id": "1" });
      await reader.until("status", ({ event }) => event === "status");
      const replayed = reader.events.filter(({ event }) => event === "candle").map(({ data }) => data.t);
      assert.equal(replayed.length, 1_000);
      assert.equal(replayed.at(-1), LAST_T);
    },
  );

  await t.step("a close nobody broadcast is read from the database before the next one is told", async () => {
    await using reader = await open(web);
    await reader.until("live", isLive);
    await stack.sql`
      insert into public.candles (exchange, symbol, timeframe, open_time, open, high, low, close, volume)
      select 'sim', 'BTC-USDT', '1m', timestamptz 'epoch' + ${LAST_T} * interval '1 ms' + i * interval '1 minute', 2, 3, 1, 2, 1
      from generate_series(1, 2) i`;
    await broadcast(stack, candle(LAST_T + 3 * 60_000, "33", { closed: true, token: 9 }));
    await reader.until("the close after the gap", ({ data }) => data.c === "33");
    const closes = reader.events.filter(({ id }) => id !== undefined).map(({ id }) => Number(id));
    assert.deepEqual(closes, [LAST_T, LAST_T + 60_000, LAST_T + 120_000, LAST_T + 180_000]);
    await stack.sql`delete from public.candles where open_time > timestamptz 'epoch' + ${LAST_T} * interval '1 ms'`;
  });

  await t.step("a hundred readers share one channel and count as a hundred sessions until they leave", async () => {
    const readers = await Promise.all(Array.from({ length: 100 }, () => open(web)));
    await Promise.all(readers.map((reader) => reader.until("live", isLive)));
    assert.deepEqual(web.services.hub.counts(), { topics: 1, connections: 1 });
    const stats = await (await web.app.request("/api/v1/ws-stats")).json();
    assert.equal(stats.activeSessions, 100);
    assert.equal(stats.efficiency.savedConnections, 99);
    await broadcast(stack, candle(LAST_T + 60_000, "77", { token: 9 }));
    await Promise.all(readers.map((reader) => reader.until("candle", ({ data }) => data.c === "77")));
    await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
    await until("everyone's leaving", async () => {
      return (await (await web.app.request("/api/v1/ws-stats")).json()).activeSessions === 0;
    });
    assert.equal(web.services.streams.size, 0);
    assert.equal(web.services.hub.counts().topics, 0);
  });

  await t.step("more streams from one address than allowed are refused, and a place freed is given again", async () => {
    const env = { remoteAddr: { transport: "tcp" as const, hostname: "203.0.113.9", port: 1 } };
    const ask = () => web.app.request(PATH, {}, env);
    const responses = await Promise.all(Array.from({ length: 201 }, ask));
    const refused = responses.filter(({ status }) => status !== 200);
    assert.deepEqual(refused.map(({ status }) => status), [429]);
    assert.equal((await refused[0]?.json()).code, "stream_limit");
    assert.equal(refused[0]?.headers.get("retry-after"), "30");
    const readers = responses.filter(({ status }) => status === 200).map((response) => new EventReader(response));
    await readers[0]?.[Symbol.asyncDispose]();
    const again = new EventReader(await ask());
    await Promise.all([...readers.slice(1), again].map((reader) => reader[Symbol.asyncDispose]()));
  });

  await t.step("a reader is told when Realtime is lost and back, and gets what closed meanwhile", async () => {
    using wire = new Wire(stack.url);
    const far = await createTestWeb({ supabase: { url: wire.url, publishableKey: stack.publishableKey } });
    await using reader = await open(far);
    await reader.until("live", isLive);
    wire.cut();
    await reader.until("reconnecting", ({ data }) => data.state === "reconnecting");
    await stack.sql`
      insert into public.candles (exchange, symbol, timeframe, open_time, open, high, low, close, volume)
      values ('sim', 'BTC-USDT', '1m', timestamptz 'epoch' + ${LAST_T + 60_000} * interval '1 ms', 2, 3, 1, 2, 1)`;
    await reader.until("the missed close", ({ id }) => id === String(LAST_T + 60_000));
    const states = reader.events.filter(({ event }) => event === "status").map(({ data }) => data.state);
    assert.deepEqual(states.slice(-3), ["live", "reconnecting", "live"]);
    await far.services.close();
    await stack.sql`delete from public.candles where open_time > timestamptz 'epoch' + ${LAST_T} * interval '1 ms'`;
  });

  const refusals: [string, string, Record<string, string>, number, string][] = [
    ["an unknown symbol", "symbol=NOPE-USDT", {}, 404, "unknown_symbol"],
    ["a malformed symbol", "symbol=btc%2Fusdt", {}, 400, "invalid_symbol"],
    ["no symbol", "timeframe=1m", {}, 400, "invalid_symbol"],
    ["two symbols", "symbol=BTC-USDT&symbol=ETH-USDT", {}, 400, "invalid_symbol"],
    ["an unknown timeframe", "symbol=BTC-USDT&timeframe=2m", {}, 400, "invalid_timeframe"],
    ["a malformed exchange", "symbol=BTC-USDT&exchange=../x", {}, 400, "invalid_exchange"],
    ["an unknown exchange", "symbol=BTC-USDT&exchange=nowhere", {}, 404, "unknown_symbol"],
    ["a Last-Event-ID that is no time", "symbol=BTC-USDT", { "last-event-id": "x'; --" }, 400, "invalid_cursor"],
    ["a negative Last-Event-ID", "symbol=BTC-USDT", { "last-event-id": "-1" }, 400, "invalid_cursor"],
  ];
  for (const [what, query, headers, status, code] of refusals) {
    await t.step(`${what} is refused before the stream starts`, async () => {
      const response = await web.app.request(`/api/v1/stream/candles?${query}`, { headers });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.equal((await response.json()).code, code);
      assert.equal(web.services.streams.size, 0);
    });
  }

  await t.step("HEAD tells the type without opening a stream", async () => {
    const response = await web.app.request(PATH, { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(web.services.streams.size, 0);
  });

  await t.step("closing the web ends its streams and takes no more", async () => {
    await using reader = await open(web);
    await web.services.close();
    await until("the end of the stream", () => reader.ended);
    const response = await web.app.request(PATH);
    assert.equal(response.status, 503);
    await response.body?.cancel();
  });
});
