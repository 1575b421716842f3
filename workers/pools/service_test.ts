import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createLogger } from "../../lib/kernel/log.ts";
import { createWorkerClient, Rpc } from "../../lib/kernel/worker/supabase.ts";
import {
  type Fault,
  lacksPython,
  Market,
  type PythonModule,
  startFixtureModule,
  startPythonModule,
  TEST_SECRET,
} from "../../lib/pools/worker/testing.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers } from "../../tests/rls/pool_world.ts";
import { until } from "../../tests/until.ts";
import type { Service } from "../service.ts";
import { createPoolService } from "./service.ts";

const id = () => crypto.randomUUID();

/** The pools' service in this process. */
interface Running extends AsyncDisposable {
  service: Service;
  registry: Registry;
  lines: string[];
}

function startService(stack: TestSupabase): Running {
  const client = createWorkerClient(stack.url, stack.secretKey);
  const lines: string[] = [];
  const registry = new Registry();
  const context = {
    settings: {
      mode: "local" as const,
      supabaseUrl: stack.url,
      secretKey: stack.secretKey,
      exchanges: ["sim"],
      workerPort: 0,
      simPort: 0,
      recordDir: null,
      realtimeMessages_per_s_max: null,
    },
    client,
    rpc: new Rpc(client),
    registry,
    logger: createLogger({ service: "worker", write: (line) => lines.push(line), nowMs: Date.now }),
    nowMs: () => performance.now(),
    random: () => 0,
    newId: id,
  };
  const secrets = new Map([["test", TEST_SECRET]]);
  const service = createPoolService(context, { secrets }, { roundEvery_ms: 100, metricsEvery_ms: 100, tryMs: 500 });
  const over = new AbortController();
  const running = service.run(over.signal);
  return {
    service,
    registry,
    lines,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}

Deno.test({
  name: "the pools' service values and settles pools by what their adapters say",
  // fetch() keeps connections open, and realtime-js leaves a timer of a socket that was closed.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    await using market = new Market(stack.sql);
    const [admin] = await makeCallers(sql, 1, { admin: true });
    const [ann] = await makeCallers(sql, 1, { eur: 100_000 });
    assert.ok(admin && ann);
    let running = startService(stack);
    await using _last = { [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };

    let pools = 0;
    const newPool = async (trading: Record<string, unknown>): Promise<string> => {
      const p_pool = {
        name: `Pool ${pools++}`,
        currency: "EUR",
        cycle: "manual",
        minimum: "10",
        metadata: { trading },
      };
      return (await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: id() })).pool.id;
    };
    const act = (name: string, p_pool_id: string, more: Record<string, unknown> = {}): Promise<Answer> =>
      ask(sql, admin, name, { p_pool_id, ...more, p_client_id: id() });
    const invest = (who: Caller, p_pool_id: string, p_amount: string): Promise<Answer> =>
      ask(sql, who, "invest", { p_pool_id, p_amount, p_client_id: id() });
    const cycleOf = async (poolId: string, no: number): Promise<Answer> =>
      (await sql`select status, trim_scale(equity)::text as equity, trim_scale(unit_price)::text as unit_price,
        trim_scale(fee)::text as fee, attempts, last_error from public.pool_cycles where pool_id = ${poolId} and no = ${no}`)[
        0
      ];
    const liveOf = async (poolId: string): Promise<Answer> =>
      (await sql`select trim_scale(equity)::text as equity,
      trim_scale(pnl)::text as pnl, trim_scale(exposure)::text as exposure, positions, adapter_status, adapter_error, adapter_state
      from public.pool_live where pool_id = ${poolId}`)[0] ?? {};
    /** What an administrator's act does: somebody waits for this pool. */
    const wake = (poolId: string) =>
      sql`select realtime.send(jsonb_build_object('pools', ${poolId}::text), 'wake', 'worker', true)`;
    const settled = (poolId: string, no: number) =>
      until(async () => (await cycleOf(poolId, no)).status === "settled", `cycle ${no} to be settled`);
    const settle = async (poolId: string, no: number): Promise<Answer> => {
      const forced = await act("admin_force_settlement", poolId);
      assert.equal(forced.code, undefined, JSON.stringify(forced));
      await settled(poolId, no);
      return await cycleOf(poolId, no);
    };
    /** A pool in its second cycle, with money. */
    const fundedPool = async (trading: Record<string, unknown>, amount = "1000"): Promise<string> => {
      const poolId = await newPool(trading);
      assert.equal((await invest(ann, poolId, amount)).code, undefined);
      await settle(poolId, 1);
      return poolId;
    };
    const rule = (name: string, body: () => Promise<void>) =>
      step(t, name, async () => {
        await body();
        assert.deepEqual([...await sql`select * from ledger_check()`], []);
      });

    await rule(
      "a simulated pool follows the market's price from one cycle to the next, and through a restart",
      async () => {
        market.price = "100";
        const poolId = await fundedPool({ adapter: "simulated" });
        await until(async () => (await liveOf(poolId)).adapter_state?.cycle_no === 2, "the entry price to be kept");
        market.price = "110";
        await until(async () => (await liveOf(poolId)).equity === "1050", "the price to tell");
        const live = await liveOf(poolId);
        assert.deepEqual([live.pnl, live.exposure, live.adapter_status], ["50", "0.5238", "ok"]);
        assert.deepEqual(live.positions, [{
          ...{ symbol: "BTC-USDT", side: "long", quantity: "5" },
          ...{ entry_price: "100", mark_price: "110", pnl: "50" },
        }]);
        await running[Symbol.asyncDispose]();
        market.price = "120";
        running = startService(stack);
        await until(async () => (await liveOf(poolId)).equity === "1100", "the second service to value the pool");
        const second = await settle(poolId, 2);
        // A tenth, of which the manager gets 15 %.
        assert.deepEqual([second.equity, second.unit_price, second.fee], ["1100", "110", "15"]);
        await until(async () => (await liveOf(poolId)).adapter_state?.cycle_no === 3, "the next cycle to begin");
        const { adapter_state, equity } = await liveOf(poolId);
        assert.deepEqual([adapter_state.entry_price, equity], ["120", "1085"]);
      },
    );

    await rule("without a price a cycle waits, shown as failing, and settles when there is one", async () => {
      const poolId = await fundedPool({ adapter: "simulated" });
      market.live = false;
      await act("admin_force_settlement", poolId);
      await until(async () => (await cycleOf(poolId, 2)).last_error === "price_stale", "the reason to be told");
      assert.equal((await cycleOf(poolId, 2)).status, "open");
      assert.equal((await liveOf(poolId)).adapter_status, "failing");
      market.live = true;
      await settled(poolId, 2);
      await until(async () => (await liveOf(poolId)).adapter_status === "ok", "the pool to be well");
    });

    await rule("a Python module trades a pool through cycles, a kill, a pause and its end", async () => {
      if (lacksPython()) return;
      let quote = "100";
      await using prices = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        () => Response.json({ ticker: { last: quote } }),
      );
      const folder = await Deno.makeTempDir({ prefix: "outcry-python-" });
      const stateFile = `${folder}/state.json`;
      const env = {
        PRICE_URL: `http://127.0.0.1:${prices.addr.port}/`,
        PRICE_FIELD: "ticker.last",
        STATE_FILE: stateFile,
      };
      let module: PythonModule = await startPythonModule(env);
      await using _module = { [Symbol.asyncDispose]: () => module[Symbol.asyncDispose]() };
      const kept = async () => JSON.parse(await Deno.readTextFile(stateFile))[0];
      const poolId = await fundedPool({ adapter: "http", url: module.url.href, secret_name: "test" });
      await until(async () => (await kept()).cycle_no === 2, "the module to be connected");
      assert.deepEqual([(await kept()).capital, (await kept()).quantity], ["1000", "5.00000000"]);
      quote = "110";
      await until(async () => (await liveOf(poolId)).equity === "1050", "the module's metrics");
      const { exposure, positions } = await liveOf(poolId);
      assert.deepEqual([exposure, positions[0].mark_price, positions[0].pnl], ["0.5238", "110", "50"]);

      await module.kill("SIGKILL");
      await until(async () => (await liveOf(poolId)).adapter_error === "adapter_unreachable", "the kill to be noticed");
      module = await startPythonModule({ ...env, PORT: module.url.port });
      const second = await settle(poolId, 2);
      assert.deepEqual([second.equity, second.unit_price, second.fee], ["1050", "105", "7.5"]);
      await until(async () => (await kept()).cycle_no === 3, "the next cycle to begin");
      assert.deepEqual([(await kept()).capital, (await kept()).entry_price], ["1042.5", "110"]);

      await act("admin_pause_pool", poolId, { p_reason: "A look at the books" });
      await until(async () => (await kept()).state === "paused", "the module to pause");
      await act("admin_resume_pool", poolId);
      await until(async () => (await kept()).state === "trading", "the module to go on");
      assert.notEqual((await kept()).quantity, "0");
      await act("admin_close_pool", poolId);
      await settled(poolId, 3);
      await until(async () => (await kept()).state === "stopped", "the module to stop");
      assert.equal((await kept()).quantity, "0");
      await Deno.remove(folder, { recursive: true });
    });

    await rule(
      "a closed pool's module is stopped by the next worker when the one that closed it was killed",
      async () => {
        await using module = startFixtureModule();
        const poolId = await fundedPool({ adapter: "http", url: module.url.href, secret_name: "test" });
        await until(() => Promise.resolve(module.connected?.capital === "1000"), "the module to be connected");
        const stops = () => module.seen.filter(({ path }) => path === "/emergency-stop");
        const isListed = async () => {
          const [row] = await sql`select public.pools_due() as due`;
          return row?.due.items.some(({ pool_id }: Answer) => pool_id === poolId);
        };
        // Killed right after the settlement.
        await running[Symbol.asyncDispose]();
        await act("admin_close_pool", poolId);
        const [lease] = await sql`select public.acquire_lease('pools', gen_random_uuid(), 60000) as held`;
        await sql`select public.settle_pool(${poolId}, 2, '1000', clock_timestamp(), ${lease?.held.token})`;
        await sql`update public.leases set expires_at = now() where name = 'pools'`;
        assert.deepEqual([stops().length, await isListed()], [0, true]);
        module.fault = "error_500";
        const seen = module.seen.length;
        running = startService(stack);
        await until(async () => (await liveOf(poolId)).adapter_error === "adapter_failed", "the first try to fail");
        assert.equal(await isListed(), true);
        module.fault = null;
        await until(async () => !await isListed(), "the module to be stopped");
        const body = JSON.parse(stops().at(-1)?.body ?? "");
        assert.deepEqual([body.pool_id, body.cycle_no], [poolId, 2]);
        assert.equal((await liveOf(poolId)).adapter_status, "ok");
        const paths = new Set(module.seen.slice(seen).map(({ path }) => path));
        assert.deepEqual([...paths], ["/emergency-stop"], "nothing else is asked of it");
      },
    );

    await rule("the markets that pools are valued by are streamed though nobody looks at them", async () => {
      await newPool({ adapter: "simulated" });
      await sql`insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
        values ('sim', 'SOL-USDT', 'SOLUSDT', 'SOL', 'USDT', 0.01, 0.00001, 10)`;
      const watched = async (): Promise<string[]> =>
        (await sql`select public.active_watches('sim') as watches`)[0]?.watches.map(({ topic }: Answer) => topic);
      await until(async () => (await watched()).includes("market:sim:BTC-USDT:1m"), "the market to be watched");
      assert.ok(!(await watched()).includes("market:sim:SOL-USDT:1m"));
      await newPool({ adapter: "simulated", symbol: "SOL-USDT" });
      await until(async () => (await watched()).includes("market:sim:SOL-USDT:1m"), "the other one as well");
    });

    await rule("a pool whose module hangs is settled late, others in time, and people are told once", async () => {
      await using hanging = startFixtureModule();
      await using well = startFixtureModule();
      const [late, punctual] = [
        await fundedPool({ adapter: "http", url: hanging.url.href, secret_name: "test" }),
        await fundedPool({ adapter: "http", url: well.url.href, secret_name: "test" }),
      ];
      hanging.fault = "hang";
      well.pnl = "10";
      await act("admin_force_settlement", late);
      await until(() => Promise.resolve(hanging.seen.some(({ path }) => path.includes("as_of_min"))), "the first try");
      assert.equal((await settle(punctual, 2)).equity, "1010");
      // Three tries with waits between them take far longer than that.
      const { status, attempts } = await cycleOf(late, 2);
      assert.deepEqual([status, attempts], ["open", 0]);
      await until(async () => {
        await wake(late);
        return (await cycleOf(late, 2)).attempts >= 4;
      }, "attempts to fail");
      assert.equal((await cycleOf(late, 2)).last_error, "adapter_timeout");
      const told =
        await sql`select 1 from public.notifications where kind = 'settlement_failing' and user_id = ${admin.id}`;
      assert.equal(told.length, 1);
      assert.equal(running.service.health().healthy, true);
      hanging.fault = null;
      await wake(late);
      await settled(late, 2);
    });

    await rule("garbage never reaches a settlement; each kind has its code", async () => {
      await using module = startFixtureModule();
      const poolId = await fundedPool({ adapter: "http", url: module.url.href, secret_name: "test" });
      const faults: [Fault, Record<string, unknown>, string][] = [
        ["not_json", {}, "answer_not_json"],
        ["infinity", {}, "invalid_equity"],
        ["wrong_secret", {}, "wrong_signature"],
        ["replay", {}, "answer_replayed"],
        ["redirect", {}, "adapter_redirect"],
        ["huge", {}, "answer_too_large"],
        [null, { equity: "-1", pnl: "-1001" }, "invalid_equity"],
        [null, { cycle_no: 1 }, "wrong_cycle"],
        [null, { as_of: new Date(Date.now() - 86_400_000).toISOString() }, "stale_answer"],
        [null, { equity: "5000", pnl: "4000" }, "equity_implausible"],
      ];
      module.fault = "error_500";
      await act("admin_force_settlement", poolId);
      await until(async () => (await cycleOf(poolId, 2)).last_error === "adapter_failed", "the first code");
      for (const [fault, changes, code] of faults) {
        module.fault = fault;
        module.changes = changes;
        await until(async () => {
          await wake(poolId);
          return (await cycleOf(poolId, 2)).last_error === code;
        }, code);
        assert.equal((await cycleOf(poolId, 2)).status, "open", code);
        assert.equal((await liveOf(poolId)).adapter_error, code);
      }
      module.fault = null;
      module.changes = {};
      await wake(poolId);
      await settled(poolId, 2);
      assert.equal((await cycleOf(poolId, 2)).equity, "1000");
      const metrics = await running.registry.metrics();
      assert.match(metrics, /^settlements_total\{result="settled"\} [1-9]/m);
      assert.match(metrics, /^settlement_duration_seconds_count [1-9]/m);
      assert.match(metrics, /^pool_adapter_failures_total\{code="wrong_signature"\} [1-9]/m);
      assert.match(metrics, /^pool_nav_age_seconds \d/m);
      assert.ok(!running.lines.join("\n").includes(TEST_SECRET));
    });

    await rule("a paused pool is not settled until it goes on, and settings that cannot work say so", async () => {
      await using module = startFixtureModule();
      const poolId = await fundedPool({ adapter: "http", url: module.url.href, secret_name: "test" });
      await until(() => Promise.resolve(module.connected?.capital === "1000"), "the module to be connected");
      await act("admin_pause_pool", poolId, { p_reason: "A look at the books" });
      await until(() => Promise.resolve(module.seen.some(({ path }) => path === "/pause")), "the module to be paused");
      assert.equal((await act("admin_force_settlement", poolId)).code, "pool_paused");
      const told = module.seen.filter(({ path }) => path.startsWith("/metrics")).length;
      await until(
        () => Promise.resolve(module.seen.filter(({ path }) => path.startsWith("/metrics")).length > told + 3),
        "metrics of a paused pool",
      );
      assert.equal(module.seen.filter(({ path }) => path === "/pause").length, 1);
      await act("admin_resume_pool", poolId);
      assert.equal((await settle(poolId, 2)).equity, "1000");
      for (
        const [trading, code] of [
          [{ adapter: "http", url: module.url.href }, "secret_missing"],
          [{ adapter: "http", url: "http://example.com", secret_name: "test" }, "url_refused"],
          [{ adapter: "simulated", symbol: "ETH-USDT" }, "unknown_symbol"],
        ] as const
      ) {
        await act("admin_update_pool", poolId, { p_changes: { metadata: { trading } } });
        await until(async () => (await liveOf(poolId)).adapter_error === code, code);
      }
    });
  },
});
