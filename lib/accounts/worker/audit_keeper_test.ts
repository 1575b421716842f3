import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { startTestSupabase, type TestSupabase } from "../../../supabase/embedded/testing.ts";
import { until } from "../../../tests/until.ts";
import { createLogger } from "../../kernel/log.ts";
import { createWorkerClient, Rpc } from "../../kernel/worker/supabase.ts";
import { type AuditHead, fileSink, type HeadSink, lastHeadIn, webhookSink } from "./audit_heads.ts";
import { AuditKeeper } from "./audit_keeper.ts";
import { AuditMetrics } from "./audit_metrics.ts";
import { RateLimitKeeper } from "./rate_limit_keeper.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

function startKeeper(stack: TestSupabase, sinks: HeadSink[], lastHead: () => Promise<AuditHead | null>) {
  const lines: string[] = [];
  const registry = new Registry();
  const keeper = new AuditKeeper({
    holder: crypto.randomUUID(),
    rpc: new Rpc(createWorkerClient(stack.url, stack.secretKey)),
    sinks,
    lastHead,
    metrics: new AuditMetrics(registry),
    logger: createLogger({ service: "audit", write: (line) => lines.push(line), nowMs: Date.now }),
    nowMs: () => performance.now(),
    wallMs: Date.now,
    exportEveryMs: 500,
  });
  const stopping = new AbortController();
  const run = keeper.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await run;
  };
  return { keeper, lines, registry, stop, [Symbol.asyncDispose]: stop };
}

const noHead = () => Promise.resolve(null);

Deno.test(
  "AuditKeeper seals new rows within a bounded wait, by one process at a time, and hands over",
  sanitized,
  async () => {
    await using stack = await startTestSupabase();
    const write = () =>
      stack.sql`select private.audit('test.happened', 'thing', n::text) from generate_series(1, 700) as n`;
    const unsealed = async () =>
      (await stack.sql`select count(*)::integer as n from public.audit_log where seq is null`)[0]?.n as number;
    const first = startKeeper(stack, [], noHead);
    await until(() => first.keeper.health().role === "sealing", "the first to seal");
    await using second = startKeeper(stack, [], noHead);
    await write();
    await until(async () => await unsealed() === 0, "all rows to be sealed", 5_000);
    assert.equal(second.keeper.health().role, "standby");
    await first.stop();
    await until(() => second.keeper.health().role === "sealing", "the second to take over", 5_000);
    await write();
    await until(async () => await unsealed() === 0, "the new rows to be sealed", 5_000);
    const [row] = await stack.sql`select verify_audit_chain() as r`;
    assert.equal(row?.r.ok, true);
    assert.ok(row?.r.checked >= 1_400);
    assert.match(await second.registry.metrics(), /^audit_chain_ok 1$/m);
    assert.match(await second.registry.metrics(), /^audit_sealed_total [1-9]/m);
  },
);

Deno.test(
  "AuditKeeper exports heads, and a tail cut while no worker ran is told by the next one",
  sanitized,
  async () => {
    await using stack = await startTestSupabase();
    const folder = await Deno.makeTempDir({ prefix: "outcry-audit-" });
    const path = `${folder}/heads.jsonl`;
    const posted: AuditHead[] = [];
    let answer = 503;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      posted.push(await request.json());
      return new Response(null, { status: answer });
    });
    try {
      const sinks = () => [fileSink(path), webhookSink(`http://127.0.0.1:${server.addr.port}/`)];
      const head = async () => (await stack.sql`select audit_head() as r`)[0]?.r as { seq: string; hash: string };
      {
        await using running = startKeeper(stack, sinks(), () => lastHeadIn(path));
        await stack.sql`select private.audit('test.happened', 'thing', n::text) from generate_series(1, 50) as n`;
        await until(async () => Number((await lastHeadIn(path))?.seq) >= 50, "the file's head");
        await until(() => posted.length >= 2, "a webhook that fails to be asked again");
        answer = 204;
        await until(
          async () => (await running.registry.metrics()).includes('sink="webhook",outcome="ok"'),
          "the webhook",
        );
        const { at: _, ...exported } = await lastHeadIn(path) as AuditHead;
        assert.deepEqual(exported, { seq: (await head()).seq, hash: (await head()).hash });
      }
      const lines = (await Deno.readTextFile(path)).trim().split("\n").length;
      assert.ok(lines <= 3, `${lines} lines: an unchanged head is written once`);

      await stack.sql.begin(async (sql) => {
        await sql`set local session_replication_role = replica`;
        await sql`delete from public.audit_log where seq > 40`;
        await sql`update public.audit_chain set seq = 40, hash = (select hash from public.audit_log where seq = 40)`;
      });
      assert.equal((await stack.sql`select verify_audit_chain() as r`)[0]?.r.ok, true);
      posted.length = 0;
      await using later = startKeeper(stack, sinks(), () => lastHeadIn(path));
      await until(() => later.keeper.health().chain === "broken", "the cut to be told");
      await until(() => posted.length > 0, "the webhook to be told");
      assert.equal(later.keeper.health().healthy, true);
      assert.deepEqual(posted[0]?.bad, { first_bad_seq: "41", reason: "tail_cut" });
      assert.ok(later.lines.some((line) => line.includes("The audit chain is broken") && line.includes('"41"')));
      assert.match(await later.registry.metrics(), /^audit_chain_ok 0$/m);
      // What was exported of a broken chain is no proof for the next start.
      await until(async () => (await Deno.readTextFile(path)).includes("tail_cut"), "the file");
      assert.ok(Number((await lastHeadIn(path))?.seq) >= 50);
    } finally {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("lastHeadIn() passes over half-written and foreign lines", sanitized, async () => {
  const path = await Deno.makeTempFile();
  const head = { seq: "7", hash: "ab".repeat(32), at: "2026-01-01T00:00:00Z" };
  const bad = { ...head, seq: "8", bad: { first_bad_seq: "8", reason: "tail_cut" } };
  try {
    await Deno.writeTextFile(path, `${JSON.stringify(head)}\n{}\n${JSON.stringify(bad)}\n{"seq":"9","ha`);
    assert.deepEqual(await lastHeadIn(path), head);
    await Deno.writeTextFile(path, "");
    assert.equal(await lastHeadIn(path), null);
    assert.equal(await lastHeadIn(`${path}.none`), null);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("RateLimitKeeper tells the database the edge's key and removes idle buckets", sanitized, async () => {
  await using stack = await startTestSupabase();
  await stack.sql`insert into public.rate_limits (rule, key, shard, tokens, refilled_at)
    select 'watch', 'user:' || n, 0, 0, now() - interval '1 day' from generate_series(1, 2500) as n`;
  const stopping = new AbortController();
  const run = new RateLimitKeeper({
    rpc: new Rpc(createWorkerClient(stack.url, stack.secretKey)),
    edgeHmacKey: "an-edge-key-of-more-than-thirty-two-characters",
    logger: createLogger({ service: "rate_limits", write: () => {}, nowMs: Date.now }),
    nowMs: () => performance.now(),
    random: Math.random,
  }).run(stopping.signal);
  const count = async () => (await stack.sql`select count(*)::integer as n from public.rate_limits`)[0]?.n;
  await until(async () => await count() === 0, "idle buckets to go");
  const [key] = await stack.sql`select count(*)::integer as n from private.edge_hmac_key`;
  assert.equal(key?.n, 1);
  stopping.abort();
  await run;
});
