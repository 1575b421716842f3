import assert from "node:assert/strict";
import { type FixtureModule, Market, startFixtureModule, TEST_SECRET } from "../../lib/pools/worker/testing.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { freePort } from "../dev_stack.ts";
import { type Answer, ask, makeCallers } from "../rls/pool_world.ts";
import { exitCode, startWorker } from "../worker_process.ts";
import { until } from "../until.ts";

const id = () => crypto.randomUUID();

/** Where a call to settle is when its worker dies. */
type Place = "before the database" | "after the database";

/** Stands between a worker and the database, and holds what the worker says about settlements. */
class Gate implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #over = Promise.withResolvers<void>();
  /** Resolves when as many settlements are held as were asked for. */
  readonly held = Promise.withResolvers<void>();

  constructor(stackUrl: string, place: Place, count: number) {
    let waiting = 0;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { pathname, search } = new URL(request.url);
      // The worker polls as well.
      if (request.headers.has("upgrade")) return new Response(null, { status: 502 });
      const { method, headers } = request;
      const body = method === "GET" ? null : await request.arrayBuffer();
      const settles = pathname.endsWith("/rpc/settle_pool");
      const forward = () => fetch(`${stackUrl}${pathname}${search}`, { method, headers, body });
      if (!settles) return await forward();
      if (place === "after the database") await (await forward()).body?.cancel();
      if (++waiting === count) this.held.resolve();
      await this.#over.promise;
      return new Response(null, { status: 502 });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.resolve();
    await this.#server.shutdown();
  }
}

function environment(url: string, { secretKey }: TestSupabase): Record<string, string> {
  return {
    OUTCRY_MODE: "local",
    SUPABASE_URL: url,
    SUPABASE_SECRET_KEY: secretKey,
    POOL_ADAPTER_SECRETS: JSON.stringify({ test: TEST_SECRET }),
    // Nobody is there: what a pool is worth comes from its module.
    EXCHANGES: "sim",
    SIM_PORT: "1",
    WORKER_PORT: String(freePort()),
  };
}

Deno.test({
  name: "a worker killed between a pool's equity and its settlement leaves it to the next one, which settles once",
  // fetch() keeps connections open.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startTestSupabase();
    await using module = startFixtureModule();
    const { sql } = stack;
    const [admin] = await makeCallers(sql, 1, { admin: true });
    const [ann] = await makeCallers(sql, 1, { eur: 10_000 });
    assert.ok(admin && ann);
    const newPool = async (name: string, trading: Record<string, unknown>): Promise<string> => {
      const p_pool = { name, currency: "EUR", cycle: "manual", minimum: "10", metadata: { trading } };
      const { pool } = await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: id() });
      await ask(sql, ann, "invest", { p_pool_id: pool.id, p_amount: "1000", p_client_id: id() });
      return pool.id;
    };
    const settlements = async () =>
      Number((await sql`select count(*) as n from public.ledger_transfers where operation = 'settlement'`)[0]?.n);
    const cycle = async (poolId: string, no: number): Promise<Answer> =>
      (await sql`select status, trim_scale(equity)::text as equity
        from public.pool_cycles where pool_id = ${poolId} and no = ${no}`)[0];

    /** Settles pools' cycle `no` with a worker that dies and another one; `between` happens when nobody works. */
    const killed = async (pools: string[], no: number, place: Place, between: () => void = () => {}) => {
      const before = await settlements();
      for (const p_pool_id of pools) {
        await ask(sql, admin, "admin_force_settlement", { p_pool_id, p_client_id: id() });
      }
      {
        await using gate = new Gate(stack.url, place, pools.length);
        await using first = startWorker(environment(gate.url, stack));
        await gate.held.promise;
        first.kill("SIGKILL");
        await first.exited;
      }
      // As if the seconds had passed that the dead one's lease still lasts.
      await sql`update public.leases set expires_at = now() where name = 'pools'`;
      for (const poolId of pools) {
        assert.equal((await cycle(poolId, no)).status, place === "after the database" ? "settled" : "open");
      }
      between();
      await using second = startWorker(environment(stack.url, stack));
      await until(async () => {
        const [row] = await sql`select count(*) as n from public.pool_live l
          join public.pool_cycles c on c.pool_id = l.pool_id and c.no = ${no} and c.status = 'settled'
          where l.pool_id = any(${pools}) and l.at > c.settled_at`;
        return Number(row?.n) === pools.length;
      }, "the cycles are settled, and the next ones valued");
      assert.equal(await settlements(), before + pools.length);
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
      second.kill("SIGTERM");
      assert.equal(await exitCode(second), 0, second.output());
    };

    await using market = new Market(sql, "kept");
    const traded = await newPool("Traded", { adapter: "http", url: module.url.href, secret_name: "test" });
    const simulated = await newPool("Simulated", { adapter: "simulated", exchange: "kept" });
    await step(t, "a subscription is sold once", async () => {
      await killed([traded, simulated], 1, "before the database");
      assert.ok(asked(module));
      const [row] = await sql`select lots, trim_scale(units)::text as units from public.pools where id = ${traded}`;
      assert.deepEqual([row?.lots, row?.units], [1, "10"]);
      assert.equal(module.connected?.capital, "1000");
    });
    await step(
      t,
      "nobody was paid by what a module said before the kill; a simulated pool keeps its price",
      async () => {
        module.pnl = "100";
        market.price = "110";
        await killed([traded, simulated], 2, "before the database", () => {
          module.pnl = "50";
          market.price = "200";
        });
        assert.equal((await cycle(traded, 2)).equity, "1050");
        assert.equal((await cycle(simulated, 2)).equity, "1050");
      },
    );
    await step(t, "a settlement whose answer was lost counts, whatever the module says afterwards", async () => {
      module.pnl = "10";
      const capital = Number(module.connected?.capital);
      await killed([traded], 3, "after the database", () => module.pnl = "0");
      assert.equal(Number((await cycle(traded, 3)).equity), capital + 10);
    });
  },
});

function asked({ seen }: FixtureModule): boolean {
  return seen.some(({ path }) => path.includes("as_of_min"));
}
