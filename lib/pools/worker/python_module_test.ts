import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import { step } from "../../../supabase/embedded/testing.ts";
import type { PoolAssignment } from "../adapter.ts";
import { AdapterSigner, SIGNATURE_HEADERS } from "./adapter_signing.ts";
import { HttpAdapter } from "./http_adapter.ts";
import { lacksPython, startPythonModule, TEST_SECRET } from "./testing.ts";

const POOL = "01900000-0000-7000-8000-000000000001";

/** How a request differs from an honest one. */
interface Twist {
  secret?: string;
  timestamp_s?: number;
  nonce?: string;
  key?: string;
  signedBody?: string;
}

Deno.test({
  name: "the Python module serves whoever has the secret, once a call, and keeps its books through a kill",
  ignore: lacksPython(),
  // fetch() keeps connections open.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    let price: unknown = "100";
    await using prices = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () =>
        price === null ? new Response(null, { status: 500 }) : Response.json({ items: [{ ticker: { last: price } }] }),
    );
    const folder = await Deno.makeTempDir({ prefix: "outcry-python-" });
    const env = {
      PRICE_URL: `http://127.0.0.1:${prices.addr.port}/`,
      STATE_FILE: `${folder}/state.json`,
      EXPOSURE: "1",
    };
    let module = await startPythonModule(env);
    await using _module = { [Symbol.asyncDispose]: () => module[Symbol.asyncDispose]() };

    const send = async (method: string, path: string, body: string, twist: Twist = {}): Promise<Response> => {
      const timestamp = String(twist.timestamp_s ?? Math.floor(Date.now() / 1_000));
      const nonce = twist.nonce ?? crypto.randomUUID().replaceAll("-", "");
      const signed = new TextEncoder().encode(twist.signedBody ?? body);
      const signer = new AdapterSigner(twist.secret ?? TEST_SECRET);
      return await fetch(`${module.url.origin}${path}`, {
        method,
        headers: {
          [SIGNATURE_HEADERS.timestamp]: timestamp,
          [SIGNATURE_HEADERS.nonce]: nonce,
          [SIGNATURE_HEADERS.signature]: await signer.sign({ method, path, timestamp, nonce, body: signed }),
          ...(method === "POST" ? { "idempotency-key": twist.key ?? crypto.randomUUID() } : {}),
        },
        body: method === "POST" ? body : null,
      });
    };
    const connect = (changes: Record<string, unknown> = {}) =>
      JSON.stringify({
        ...{ pool_id: POOL, cycle_no: 1, capital: "1000", currency: "EUR", scale: 2 },
        ...{ opened_at: "2026-11-20T12:00:00Z", trading: true },
        ...changes,
      });
    const status = async (response: Promise<Response>): Promise<number> => {
      const { status, body } = await response;
      await body?.cancel();
      return status;
    };
    const adapter = () =>
      new HttpAdapter({
        url: module.url,
        signer: new AdapterSigner(TEST_SECRET),
        limiter: new Limiter(8),
        logger: createLogger({ service: "test", write: () => {}, nowMs: Date.now }),
        wallMs: () => Date.now(),
        random: () => 0,
        metricsEvery_ms: 10,
        signal: new AbortController().signal,
      });
    const assignment: PoolAssignment = {
      ...{ pool_id: POOL, cycle_no: 1, capital: "1000", currency: "EUR", scale: 2 },
      openedAt_ms: Date.now(),
      trading: true,
    };

    await step(t, "strangers, altered calls, old ones and those sent twice are refused", async () => {
      const nonce = "0".repeat(32);
      assert.equal(await status(send("POST", "/connect", connect(), { secret: "x".repeat(32) })), 401);
      assert.equal(await status(send("POST", "/connect", connect(), { signedBody: "{}" })), 401);
      const now_s = Math.floor(Date.now() / 1_000);
      assert.equal(await status(send("POST", "/connect", connect(), { timestamp_s: now_s - 310 })), 401);
      assert.equal(await status(send("POST", "/connect", connect(), { nonce })), 200);
      assert.equal(await status(send("POST", "/connect", connect(), { nonce })), 401);
      assert.equal(await status(fetch(`${module.url.origin}/pnl?pool_id=${POOL}&cycle_no=1`)), 401);
      assert.equal(await status(send("POST", "/connect", " ".repeat(70_000))), 413);
    });

    await step(t, "what makes no sense is refused, and a key means one call", async () => {
      const nonsense = [
        { capital: "-1" },
        { capital: 1000 },
        { capital: "NaN" },
        { capital: "1e309" },
        { scale: 19 },
        { scale: true },
        { cycle_no: 0 },
        { pool_id: "../../etc/passwd" },
        { currency: "eur" },
      ];
      for (const changes of nonsense) {
        assert.equal(await status(send("POST", "/connect", connect(changes))), 400, JSON.stringify(changes));
      }
      assert.equal(await status(send("POST", "/connect", "no JSON")), 400);
      assert.equal(await status(send("POST", "/connect", "[]")), 400);
      assert.equal(await status(send("GET", `/pnl?pool_id=${POOL}&cycle_no=1&as_of_min=noon`, "")), 400);
      assert.equal(await status(send("GET", `/nothing?pool_id=${POOL}&cycle_no=1`, "")), 404);
      assert.equal(await status(send("GET", `/pnl?pool_id=${POOL}&cycle_no=2`, "")), 409);
      assert.equal(await status(send("POST", "/connect", connect({ capital: "999" }))), 409);
      const key = crypto.randomUUID();
      assert.equal(await status(send("POST", "/connect", connect(), { key })), 200);
      assert.equal(await status(send("POST", "/connect", connect(), { key })), 200);
      assert.equal(await status(send("POST", "/connect", connect({ trading: false }), { key })), 409);
      assert.equal(await status(send("POST", "/connect", connect(), { key: "not a key" })), 400);
    });

    await step(t, "profit is counted from the cycle's start, rounded down, and the same after a kill", async () => {
      price = "100.0333";
      let asked = adapter();
      assert.equal((await asked.connect(assignment)).ok, true);
      const before = await asked.getPoolPnL(Date.now());
      assert.ok(before.ok);
      // 10 × 0.0333, rounded down to the cent.
      assert.equal(before.value.pnl, "0.33");
      await module.kill("SIGKILL");
      module = await startPythonModule(env);
      asked = adapter();
      assert.equal((await asked.connect(assignment)).ok, true);
      const after = await asked.getPoolPnL(Date.now());
      assert.ok(after.ok && after.value.equity === before.value.equity);
      price = "99.9999";
      const lower = await asked.getPoolPnL(Date.now());
      assert.ok(lower.ok && lower.value.pnl === "-0.01", JSON.stringify(lower));
    });

    await step(t, "a stop sells at once and keeps what was lost; going on buys anew", async () => {
      price = "90";
      const asked = adapter();
      assert.equal((await asked.connect(assignment)).ok, true);
      // A price serves for a second.
      await asked.getPoolPnL(Date.now());
      assert.deepEqual(await asked.emergencyStop("The test says so"), { ok: true, value: null });
      price = "45";
      const stopped = await asked.getPoolPnL(Date.now());
      assert.ok(stopped.ok && stopped.value.equity === "900", JSON.stringify(stopped));
      assert.deepEqual(await asked.getPositions(), { ok: true, value: [] });
      assert.equal((await asked.connect(assignment)).ok, true);
      const positions = await asked.getPositions();
      assert.ok(positions.ok && positions.value.length === 1);
    });

    await step(t, "without a price nothing is told; with a nonsensical one neither", async () => {
      const asked = adapter();
      await asked.connect(assignment);
      for (const nothing of [null, "NaN", "-5", "0", { a: 1 }, []]) {
        price = nothing;
        assert.deepEqual(await asked.getPoolPnL(Date.now() + 1), { ok: false, code: "adapter_failed" }, `${nothing}`);
      }
    });
    await Deno.remove(folder, { recursive: true });
  },
});
