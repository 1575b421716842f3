import assert from "node:assert/strict";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import { candleEventSchema } from "../../lib/market/candle.ts";
import { applyEvent, type CandleBook, createBook } from "../../lib/market/client/candle_book.ts";
import { TIMEFRAME_MS } from "../../lib/market/timeframe.ts";
import {
  assertNoHoles,
  assertSameAsExchange,
  caughtUp,
  openWorld,
  SYMBOLS,
  until,
  type World,
} from "../../lib/market/worker/testing.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { freePort } from "../dev_stack.ts";
import { exitCode, feedHealth, startWorker, workerEnvironment, type WorkerProcess } from "../worker_process.ts";

const TOPIC = "market:sim:BTC-USDT:1m";

/** Tables that the feed alone writes to. */
const FED_TABLES = [
  "candles",
  "candle_repairs",
  "feed_alerts",
  "feed_status",
  "market_depth",
  "quarantined_frames",
  "rates",
  "symbols",
  "tickers",
];

// realtime-js leaves a ten-second timer behind when it disconnects.
Deno.test("However its leader ends, the feed goes on, and nothing of the old leader counts", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async (t) => {
  await using world = await openWorld();
  await logWrites(world);
  await using workers = new Workers(world);
  await using page = await Page.open(world);
  const first = await workers.start();
  await workers.fed(first);
  const second = await workers.start();
  await workers.standsBy(second);
  await page.watch();
  await page.hears(1);

  await step(
    t,
    "a leader that is paused past its lease and wakes writes nothing, and its candles are dropped",
    async () => {
      first.kill("SIGSTOP");
      await page.hears(2);
      await workers.fed(second);
      const [woken] = await world.stack.sql`select clock_timestamp() as at`;
      const before = page.heard.length;
      first.kill("SIGCONT");
      await workers.standsBy(first);
      // What it may have had on its way when it was paused comes last of all.
      await page.broadcast({ ...page.newest(), c: "1", token: 1 });
      await until(() => page.heard.slice(before).some(({ token }) => token === 1), "the late broadcast");
      await caughtUp(world);

      const late = await world.stack.sql`select * from public.fed_writes where token = 1 and at > ${woken?.at}`;
      assert.deepEqual([...late], []);
      const after = page.heard.slice(page.heard.findIndex(({ token }) => token === 2));
      assert.ok(after.every(({ token, accepted }) => token === 2 || !accepted), "no candle of the old leader is taken");
      assert.equal((await world.simStats()).open_sockets, 1, "the old leader has let go of the exchange");
    },
  );

  await step(t, "a leader that is killed is followed by the one that stood by", async () => {
    second.kill("SIGKILL");
    await page.hears(3);
    await workers.fed(first);
    await caughtUp(world);
  });

  await step(t, "a leader that is asked to leave stores what waits, and hands over", async () => {
    const third = await workers.start();
    await workers.standsBy(third);
    first.kill("SIGTERM");
    assert.equal(await exitCode(first), 0);
    await page.hears(4);
    await workers.fed(third);
    await caughtUp(world);
  });

  await step(
    t,
    "tokens only rose, every write carried one, and no candle is missing, doubled or different",
    async () => {
      const taken = page.heard.filter(({ accepted }) => accepted).map(({ token }) => token);
      assert.deepEqual(taken, taken.toSorted((a, b) => a - b));
      const tables = await world.stack.sql`
      select table_name, bool_and(token is not null) as fenced, max(token)::int as newest from public.fed_writes
      group by table_name order by table_name`;
      for (const { table_name, fenced } of tables) assert.ok(fenced, `${table_name} was written without a lease`);
      const written = tables.map(({ table_name }) => table_name);
      for (const name of ["candles", "feed_status", "rates", "symbols", "tickers"]) {
        assert.ok(
          written.includes(name),
          name,
        );
      }
      await assertNoHoles(world);
      await assertSameAsExchange(world, ["BTC-USDT", "ETH-USDT", "ETH-BTC"]);
      for (let i = 1; i < page.closes.length; i++) {
        // The next leader may tell the last close again: it is the same one.
        assert.ok((page.closes[i] as number) >= (page.closes[i - 1] as number), "a page never goes back in time");
      }
    },
  );

  await step(t, "every function that takes a feed's token refuses an old one", async () => {
    const functions = await world.stack.sql`
      select p.proname as name, p.proargnames as args from pg_catalog.pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.proargnames @> array['p_exchange', 'p_token']`;
    assert.ok(functions.length >= 10, `${functions.length} functions`);
    const client = createWorkerClient(world.stack.url, world.stack.secretKey);
    for (const { name, args } of functions) {
      const given = Object.fromEntries((args as string[]).map((arg) => [arg, argument(arg)]));
      const { error } = await client.rpc(name, given);
      assert.equal(error?.message, "stale_lease", name);
    }
  });
});

function argument(name: string): unknown {
  if (name === "p_exchange") return "sim";
  if (name === "p_token") return 3;
  return name === "p_listed" ? ["BTC-USDT"] : name === "p_status" ? {} : [];
}

/** Has the database note every write to the feed's tables with the token that its transaction has shown. */
async function logWrites({ stack: { sql } }: World): Promise<void> {
  await sql.unsafe(`
    create table public.fed_writes (table_name text, token integer, at timestamptz default clock_timestamp());
    alter function private.require_lease(text, integer) rename to require_lease_itself;
    create function private.require_lease(p_name text, p_token integer) returns void
    language plpgsql volatile security definer set search_path = '' as $$
    begin
      perform private.require_lease_itself(p_name, p_token);
      perform set_config('test.token', p_token::text, true);
    end $$;
    create function private.note_write() returns trigger
    language plpgsql volatile security definer set search_path = '' as $$
    begin
      insert into public.fed_writes (table_name, token)
      values (tg_table_name, nullif(current_setting('test.token', true), '')::integer);
      return null;
    end $$;
  `);
  for (const table of FED_TABLES) {
    await sql`
      create trigger note_write after insert or update or delete on public.${sql(table)}
      for each statement execute function private.note_write()`;
  }
}

/** Workers in processes of their own; disposing ends those that still run. */
class Workers implements AsyncDisposable {
  readonly #world: World;
  readonly #started: WorkerProcess[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  async start(): Promise<WorkerProcess> {
    const worker = startWorker(workerEnvironment(this.#world, freePort()));
    this.#started.push(worker);
    await until(async () => (await feedHealth(worker.port)).role !== "", "a worker to start");
    return worker;
  }

  async fed({ port }: WorkerProcess): Promise<void> {
    await until(async () => (await feedHealth(port)).live === SYMBOLS, "a worker to feed");
  }

  async standsBy({ port }: WorkerProcess): Promise<void> {
    await until(async () => (await feedHealth(port)).role === "standby", "a worker to stand by");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#started) await worker[Symbol.asyncDispose]();
  }
}

/** A page that looks at one market, through the product's own book of candles. */
class Page implements AsyncDisposable {
  readonly #world: World;
  readonly #client: ReturnType<typeof createWorkerClient>;
  #book: CandleBook = createBook(TIMEFRAME_MS["1m"], []);
  #watching: ReturnType<typeof setInterval> | undefined;
  /** Every candle that came, and whether the book took it. */
  readonly heard: { token: number; accepted: boolean }[] = [];
  /** Open times of the closes that were taken. */
  readonly closes: number[] = [];

  private constructor(world: World) {
    this.#world = world;
    this.#client = createWorkerClient(world.stack.url, world.stack.secretKey);
  }

  static async open(world: World): Promise<Page> {
    const page = new Page(world);
    const channel = page.#client.channel(TOPIC, { config: { private: true } });
    channel.on("broadcast", { event: "candle" }, ({ payload }) => page.#hear(payload));
    await new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    return page;
  }

  async watch(): Promise<void> {
    const watch = () => this.#world.stack.sql`select private.watch(${[TOPIC]}, '00000000-0000-4000-8000-000000000001')`;
    await watch();
    this.#watching = setInterval(() => watch(), 20_000);
  }

  /** Waits for a candle of the leader with this token. */
  async hears(token: number): Promise<void> {
    await until(() => this.#book.token === token, `a candle with token ${token}`);
  }

  newest(): Record<string, unknown> {
    const candle = this.#book.candles.at(-1);
    assert.ok(candle !== undefined);
    return { ...candle, et: candle.t };
  }

  /** Sends what a worker would. */
  async broadcast(payload: Record<string, unknown>): Promise<void> {
    const { url, secretKey } = this.#world.stack;
    const answer = await fetch(`${url}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { apikey: secretKey, "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ topic: TOPIC, event: "candle", payload, private: true }] }),
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 202);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watching);
    await this.#client.removeAllChannels();
    await this.#client.realtime.disconnect();
  }

  #hear(payload: unknown): void {
    const event = candleEventSchema.parse(payload);
    const { book, accepted } = applyEvent(this.#book, event);
    this.#book = book;
    this.heard.push({ token: event.token, accepted });
    if (accepted && event.closed) this.closes.push(event.t);
  }
}
