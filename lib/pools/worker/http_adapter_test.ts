import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import type { AdapterResult, PoolAssignment, PoolMetrics } from "../adapter.ts";
import { AdapterSigner } from "./adapter_signing.ts";
import { HttpAdapter } from "./http_adapter.ts";
import { type Fault, type FixtureModule, startFixtureModule, TEST_SECRET } from "./testing.ts";

// fetch() keeps connections open for later calls.
const unsanitized = { sanitizeOps: true, sanitizeResources: false };

const TRY_ms = 150;

function assignment(capital = "1000"): PoolAssignment {
  return {
    pool_id: "01900000-0000-7000-8000-000000000001",
    cycle_no: 2,
    capital,
    currency: "EUR",
    scale: 2,
    openedAt_ms: Date.now(),
    trading: true,
  };
}

function adapterOf({ url }: FixtureModule, options: { signal?: AbortSignal; tryMs?: number } = {}): HttpAdapter {
  return new HttpAdapter({
    url,
    signer: new AdapterSigner(TEST_SECRET),
    limiter: new Limiter(8),
    logger: createLogger({ service: "test", write: () => {}, nowMs: Date.now }),
    wallMs: () => Date.now(),
    random: () => 0,
    metricsEvery_ms: 10,
    signal: options.signal ?? new AbortController().signal,
    tryMs: options.tryMs ?? 5_000,
  });
}

async function connected(module: FixtureModule, tryMs?: number): Promise<HttpAdapter> {
  const adapter = adapterOf(module, tryMs === undefined ? {} : { tryMs });
  assert.deepEqual(await adapter.connect(assignment()), { ok: true, value: null });
  return adapter;
}

Deno.test(
  "a module is connected, asked, paused and stopped with signed calls, and its signed answers are believed",
  unsanitized,
  async () => {
    await using module = startFixtureModule();
    const adapter = adapterOf(module);
    assert.deepEqual(await adapter.getPoolPnL(), { ok: false, code: "not_connected" });
    assert.equal((await adapter.connect(assignment())).ok, true);
    module.pnl = "12.34";
    const pnl = await adapter.getPoolPnL(Date.now() - 1);
    assert.ok(pnl.ok && pnl.value.equity === "1012.34" && pnl.value.pnl === "12.34", JSON.stringify(pnl));
    assert.deepEqual(await adapter.getPositions(), { ok: true, value: [] });
    assert.deepEqual(await adapter.pauseTrading("The pool is paused"), { ok: true, value: null });
    assert.deepEqual(await adapter.emergencyStop("The pool is closed"), { ok: true, value: null });
    assert.ok(module.signatures.every((good) => good));
    const [connect, ask, positions, pause, stop] = module.seen;
    assert.match(ask?.path ?? "", /^\/pnl\?pool_id=01900000-[^&]+&cycle_no=2&as_of_min=2\d{3}-/);
    assert.match(positions?.path ?? "", /^\/positions\?/);
    assert.equal(pause?.path, "/pause");
    assert.equal(JSON.parse(stop?.body ?? "").reason, "The pool is closed");
    const keys = [connect, pause, stop].map((request) => request?.key);
    assert.equal(new Set(keys).size, 3);
    for (const { headers } of module.seen) {
      assert.ok(![...headers.values()].some((value) => value.includes(TEST_SECRET)));
    }
  },
);

Deno.test("whatever a module answers wrongly ends in a code, never in a number", unsanitized, async (t) => {
  const cases: [Fault, string][] = [
    ["hang", "adapter_timeout"],
    ["hang_in_body", "adapter_timeout"],
    ["error_500", "adapter_failed"],
    ["refuse", "adapter_refused"],
    ["forget", "not_connected"],
    ["redirect", "adapter_redirect"],
    ["not_json", "answer_not_json"],
    ["infinity", "invalid_equity"],
    ["huge", "answer_too_large"],
    ["huge_and_told", "answer_too_large"],
    ["unsigned", "wrong_signature"],
    ["wrong_secret", "wrong_signature"],
    ["other_body", "wrong_signature"],
    ["other_status", "wrong_signature"],
    ["other_path", "wrong_signature"],
    ["replay", "answer_replayed"],
    ["old_signature", "answer_replayed"],
  ];
  for (const [fault, code] of cases) {
    await t.step({
      name: `${fault}`,
      sanitizeResources: false,
      async fn() {
        await using module = startFixtureModule();
        const hangs = fault === "hang" || fault === "hang_in_body";
        const adapter = await connected(module, hangs ? TRY_ms : undefined);
        module.fault = fault;
        assert.deepEqual(await adapter.getPoolPnL(), { ok: false, code });
        // What may pass by itself is tried three times, the rest once.
        const asked = module.seen.filter(({ path }) => path.startsWith("/pnl")).length;
        assert.equal(asked, /timeout|failed|unreachable/.test(code) ? 3 : 1);
      },
    });
  }
});

Deno.test(
  "numbers of another pool, another cycle or another time are not believed, however well signed",
  unsanitized,
  async () => {
    await using module = startFixtureModule();
    const adapter = await connected(module);
    const cases: [Record<string, unknown>, string][] = [
      [{ pool_id: "01900000-0000-7000-8000-000000000002" }, "wrong_pool"],
      [{ cycle_no: 1 }, "wrong_cycle"],
      [{ capital: "1001", pnl: "-1" }, "wrong_capital"],
      [{ currency: "USD" }, "wrong_currency"],
      [{ equity: "-1" }, "invalid_equity"],
      [{ equity: "1000.01" }, "equity_mismatch"],
      [{ as_of: new Date(Date.now() - 86_400_000).toISOString() }, "stale_answer"],
      [{ as_of: new Date(Date.now() + 60_000).toISOString() }, "future_answer"],
    ];
    for (const [changes, code] of cases) {
      module.changes = changes;
      assert.deepEqual(await adapter.getPoolPnL(Date.now() - 1_000), { ok: false, code });
    }
    module.changes = { pool_id: "01900000-0000-7000-8000-000000000002" };
    assert.deepEqual(await adapter.pauseTrading("x"), { ok: false, code: "wrong_pool" });
    assert.deepEqual(await adapter.getPositions(), { ok: false, code: "wrong_pool" });
  },
);

Deno.test("a module that nobody runs is unreachable", unsanitized, async () => {
  const module = startFixtureModule();
  await module[Symbol.asyncDispose]();
  assert.deepEqual(await adapterOf(module).connect(assignment()), { ok: false, code: "adapter_unreachable" });
});

Deno.test("a call that fails for a moment is sent again under the same key and a new nonce", unsanitized, async () => {
  await using module = startFixtureModule();
  const adapter = await connected(module);
  module.fault = "error_500";
  module.faultsLeft = 2;
  assert.equal((await adapter.pauseTrading("x")).ok, true);
  const tries = module.seen.filter(({ path }) => path === "/pause");
  assert.equal(tries.length, 3);
  assert.equal(new Set(tries.map(({ key }) => key)).size, 1);
  assert.equal(new Set(tries.map(({ headers }) => headers.get("x-outcry-nonce"))).size, 3);
});

Deno.test("metrics are told every few seconds until nobody listens, failures too", unsanitized, async () => {
  await using module = startFixtureModule();
  const adapter = await connected(module);
  const told: AdapterResult<PoolMetrics>[] = [];
  const enough = Promise.withResolvers<void>();
  const stop = adapter.subscribeToMetrics((metrics) => {
    told.push(metrics);
    if (told.length === 2) module.fault = "unsigned";
    if (!metrics.ok) enough.resolve();
  });
  await enough.promise;
  await stop();
  const count = module.seen.length;
  assert.ok(told[0]?.ok && told[0].value.equity === "1000" && told[0].value.exposure === "0");
  assert.deepEqual(told.at(-1), { ok: false, code: "wrong_signature" });
  await adapter.getPoolPnL();
  assert.equal(module.seen.length, count + 1);
});

Deno.test("a module that hangs is let go of at once when the worker stops", unsanitized, async () => {
  await using module = startFixtureModule();
  const over = new AbortController();
  const adapter = adapterOf(module, { signal: over.signal });
  await adapter.connect(assignment());
  module.fault = "hang";
  const asked = performance.now();
  const pnl = adapter.getPoolPnL();
  over.abort();
  assert.deepEqual(await pnl, { ok: false, code: "adapter_stopped" });
  assert.ok(performance.now() - asked < 1_000);
});
