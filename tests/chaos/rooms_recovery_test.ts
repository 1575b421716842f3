import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { effect } from "@preact/signals";
import { Connection } from "../../lib/realtime/client/connection.ts";
import type { StreamDetail } from "../../lib/rooms/answers.ts";
import type { RoomAnswer } from "../../lib/rooms/client/room_api.ts";
import { RoomModel, type RoomPort } from "../../lib/rooms/client/room_model.ts";
import { type Member, newMember, RoomsApi } from "../../routes/rooms/testing.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { drawFrom } from "../../bench/peers/control.mjs";
import { Warden } from "../rls/room_world.ts";
import { until } from "../until.ts";

const SEED = 7;
const READERS = 100;
const SPEAKERS = 10;
const MESSAGES = 64;
const SAID_EVERY_ms = 50;
/** Every so many messages some sockets are cut. */
const DROPS_EVERY = 8;
const DROPS = 12;
/** One call in so many is lost on its way, and one answered late. */
const FAULTS_AMONG = 40;
const LATE_ms_MAX = 400;
/** Catching up that failed is tried again after three seconds, and may fail again. */
const WHOLE_MAX_ms = 30_000;
const TOLD_MAX_ms = 15_000;
/** Tabs that are gone in the end: without a word, and with one. */
const CRASHED = 7;
const LEFT = 5;

/** Stands between readers and Realtime, and cuts connections where they stand. */
class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: URL): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    server.on("connection", (near: Socket) => {
      const far = connect(Number(target.port), target.hostname);
      proxy.#sockets.add(near);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        one.on("error", () => other.destroy());
        one.on("close", () => {
          proxy.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts some of the connections. */
  cut(count: number, draw: (below: number) => number): void {
    const sockets = [...this.#sockets];
    for (let i = 0; i < count; i++) sockets[draw(sockets.length)]?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A viewer's page: the product's own parts, without their looks. */
class Reader {
  readonly #api: RoomsApi;
  readonly #connection: Connection;
  readonly #model: RoomModel;
  readonly #draw: (below: number) => number;
  readonly #stops: (() => void)[] = [];
  faults = 0;
  tabId = "";

  constructor(api: RoomsApi, detail: StreamDetail, key: string, url: string, draw: (below: number) => number) {
    this.#api = api;
    this.#draw = draw;
    this.#connection = new Connection({
      realtime: { url, publishableKey: key },
      signed_in: false,
      islands: {},
      texts: { locale: "en", timeZone: "UTC", messages: {} },
    });
    const port: RoomPort = {
      subscribe: (topic, event, listener) => this.#connection.subscribe(topic, event, listener),
      call: (method, path, body) => this.#call(method, path, body),
      random: () => draw(1_000) / 1_000,
      nowMs: Date.now,
      newId: () => this.tabId = crypto.randomUUID(),
      beacon: () => {},
    };
    const chat = { items: [], next_cursor: null };
    this.#model = new RoomModel({ detail, reader: null, chat, board: [] }, port);
  }

  /** Joins the room, as its page does when it comes alive. */
  start(): void {
    const { phase } = this.#connection;
    this.#stops.push(
      this.#model.start(),
      effect(() => {
        if (phase.value === "reconnecting") this.#model.lost();
        else this.#model.back();
      }),
    );
  }

  get isJoined(): boolean {
    return this.#connection.phase.value === "live";
  }

  /** How many watch, as it was last told. */
  get viewers(): number {
    return this.#model.stream.value.viewer_count;
  }

  /** Ids of what it shows, from top to bottom. */
  get shown(): string[] {
    return this.#model.chat.log.value.messages.map(({ message_id }) => message_id);
  }

  /** How it stands, for whoever looks for what went wrong. */
  toString(): string {
    const { log, isIncomplete } = this.#model.chat;
    const numbers = log.value.messages.map((each) => "message" in each ? each.message : "a gap").join(", ");
    return `${this.#connection.phase.value}, ${isIncomplete.value ? "incomplete" : "complete"}: ${numbers}`;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#connection.close();
  }

  async #call(method: string, path: string, body?: object): Promise<RoomAnswer> {
    const fault = this.#draw(FAULTS_AMONG);
    if (fault === 0) {
      this.faults++;
      return { ok: false, code: "lost", retryAfter_s: null };
    }
    const data = await this.#api.call(null, method, `^/${path}`, body);
    assert.equal(typeof data, "object", String(data));
    // An answer from before what happened meanwhile.
    if (fault === 1) await delay(this.#draw(LATE_ms_MAX));
    return { ok: true, data };
  }
}

// Every reader is closed below; timers of the stock client's retries outlive that.
const unsealed = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "readers whose connections are cut lose no message, see none twice, and are counted exactly",
  unsealed,
  async () => {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    const api = await RoomsApi.start(stack);
    const warden = await Warden.hire(sql);
    const streamer = await newMember(stack, "streamer");
    const speakers = await Promise.all(Array.from({ length: SPEAKERS }, (_, i) => newMember(stack, `speaker${i}`)));
    const room = await api.open(streamer);
    const draw = drawFrom(SEED);
    await using proxy = await CuttingProxy.start(new URL(stack.url));
    const detail = await api.get(null, `/${room}`);
    const readers = Array.from(
      { length: READERS },
      () => new Reader(api, detail, stack.publishableKey, proxy.url, draw),
    );
    try {
      for (const reader of readers) reader.start();
      // Each speaker is one viewer in two tabs.
      for (const speaker of [...speakers, ...speakers]) await api.post(speaker, `/${room}/join`, {});
      await until(() => readers.every(({ isJoined }) => isJoined), "all have joined");
      await told(warden, readers, READERS + SPEAKERS);
      await talk(api, room, speakers, streamer, () => proxy.cut(DROPS, draw));
      const said = (await sql`select id from public.stream_messages where stream_id = ${room} order by id`)
        .map(({ id }) => id as string);
      assert.equal(said.length, MESSAGES);
      const isWhole = ({ shown }: Reader) => shown.length >= MESSAGES;
      await until(
        () => readers.every(isWhole),
        () => `seed ${SEED}: none misses a message: ${readers.filter((each) => !isWhole(each)).map(String).join("; ")}`,
        WHOLE_MAX_ms,
      );
      for (const { shown } of readers) assert.deepEqual(shown, said, `seed ${SEED}`);
      assert.ok(readers.some(({ faults }) => faults > 0));
      // Cut is not gone; who was banned is.
      await until(() => readers.every(({ isJoined }) => isJoined), "all are back");
      await told(warden, readers, READERS + SPEAKERS - 1);
      const gone = readers.splice(0, CRASHED + LEFT);
      await Promise.all(gone.map((reader) => reader.close()));
      const [crashed, left] = [gone.slice(0, CRASHED), gone.slice(CRASHED)].map((some) =>
        some.map(({ tabId }) => tabId)
      );
      assert.ok(crashed && left);
      // As 75 seconds later.
      await sql`update public.stream_viewers set expires_at = now() where tab_id = any(${crashed}::uuid[])`;
      for (const tab_id of left) await api.post(null, `/${room}/leave`, { tab_id });
      await told(warden, readers, READERS + SPEAKERS - 1 - CRASHED - LEFT);
    } finally {
      await Promise.all(readers.map((reader) => reader.close()));
    }
  },
);

/** Messages at an even pace while connections are cut; in the middle a ban moves the room. */
async function talk(
  api: RoomsApi,
  room: string,
  speakers: Member[],
  streamer: Member,
  cut: () => void,
): Promise<void> {
  const saying: Promise<void>[] = [];
  const [banned, ...others] = speakers;
  for (let n = 0; n < MESSAGES; n++) {
    const speaker = others[n % others.length] ?? null;
    saying.push(api.say(speaker, room, `Message ${n}`).then(assertDone));
    if (n % DROPS_EVERY === DROPS_EVERY - 1) cut();
    if (n === MESSAGES / 2) saying.push(api.post(streamer, `/${room}/bans`, { user_id: banned?.id }).then(assertDone));
    await delay(SAID_EVERY_ms);
  }
  await Promise.all(saying);
}

function assertDone(answer: unknown): void {
  assert.equal(typeof answer, "object", String(answer));
}

/** All readers are told this many viewers. */
async function told(warden: Warden, readers: Reader[], count: number): Promise<void> {
  await until(
    async () => {
      await warden.turn();
      return readers.every(({ viewers }) => viewers === count);
    },
    () => `all are told ${count} viewers: ${[...new Set(readers.map(({ viewers }) => viewers))]}`,
    TOLD_MAX_ms,
  );
}
