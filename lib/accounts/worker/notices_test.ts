import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import { deliverNotices } from "./notices.ts";

/** Delivers from a database that answers as given, over and over the last. */
async function deliver(
  answers: readonly (number | null)[],
  { per_s = null as number | null, onCall = (_stop: () => void) => {} } = {},
) {
  const stopping = new AbortController();
  const lines: string[] = [];
  let calls = 0;
  const call = (): Promise<RpcResult> => {
    const answer = answers[Math.min(calls++, answers.length - 1)] ?? null;
    onCall(() => stopping.abort());
    return Promise.resolve(
      answer === null
        ? { ok: false, next: "retry", code: "upstream_unavailable", detail: "away" }
        : { ok: true, data: answer },
    );
  };
  const logger = createLogger({ service: "worker", write: (line) => lines.push(line), nowMs: () => 0 });
  const options = { rpc: { call } as unknown as Rpc, logger, realtimeMessages_per_s_max: per_s };
  const told = await deliverNotices(options, stopping.signal);
  return { ...told, calls, lines: lines.length };
}

Deno.test("news is delivered until none is left", async () => {
  assert.deepEqual(await deliver([500, 500, 20, 0]), { done: 1_020, ok: true, more: false, calls: 4, lines: 0 });
});

Deno.test("news that cannot be delivered is told of, and left for the next round", async () => {
  assert.deepEqual(await deliver([500, null]), { done: 500, ok: false, more: false, calls: 2, lines: 1 });
});

Deno.test("a round of news ends, however much there is", async () => {
  assert.deepEqual(await deliver([500]), { done: 100_000, ok: true, more: true, calls: 200, lines: 0 });
});

Deno.test("news waits for what Realtime's plan allows, and a stop does not wait for news", async () => {
  // At a message a second the next batch would be due in more than an hour: there is time to count the calls until then.
  const delivered = deliver([500], { per_s: 1, onCall: (stop) => void setTimeout(stop, 20) });
  assert.deepEqual(await delivered, { done: 500, ok: true, more: true, calls: 1, lines: 0 });
});
