import assert from "node:assert/strict";
import { createWorkerClient, Rpc, type RpcResult } from "./supabase.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

/** Calls once against a server that answers as PostgREST would. */
async function callOnce(
  answer: (request: Request) => Response | Promise<Response>,
  timeout_ms?: number,
): Promise<RpcResult> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const client = createWorkerClient(`http://127.0.0.1:${server.addr.port}`, "sb_secret_of_the_test");
  const result = await new Rpc(client, () => {}, timeout_ms).call("active_watches", { p_exchange: "sim" });
  await server.shutdown();
  return result;
}

function refusal(status: number, code: string, message: string): () => Response {
  return () => Response.json({ code, message, details: "why", hint: null }, { status });
}

Deno.test("Rpc answers with the function's data and calls with the secret key", sanitized, async () => {
  const seen: string[] = [];
  const result = await callOnce(async (request) => {
    seen.push(new URL(request.url).pathname, request.headers.get("apikey") ?? "", await request.text());
    return Response.json({ a: [1] });
  });
  assert.deepEqual(result, { ok: true, data: { a: [1] } });
  assert.deepEqual(seen, ["/rest/v1/rpc/active_watches", "sb_secret_of_the_test", '{"p_exchange":"sim"}']);
});

Deno.test("Rpc translates refusals by what to do next", sanitized, async () => {
  const next = async (answer: () => Response) => {
    const result = await callOnce(answer);
    return result.ok ? "ok" : [result.next, result.code];
  };
  assert.deepEqual(await next(refusal(409, "PT409", "stale_lease")), ["halt", "stale_lease"]);
  assert.deepEqual(await next(refusal(503, "PT503", "mode_mismatch")), ["halt", "mode_mismatch"]);
  assert.deepEqual(await next(refusal(400, "PT400", "bad_request")), ["reject", "bad_request"]);
  assert.deepEqual(await next(refusal(400, "23514", "violates check constraint")), ["reject", "internal"]);
  assert.deepEqual(await next(refusal(500, "40001", "could not serialize")), ["retry", "upstream_unavailable"]);
  assert.deepEqual(await next(refusal(400, "57014", "canceling statement")), ["retry", "upstream_unavailable"]);
  assert.deepEqual(await next(refusal(404, "PGRST202", "Could not find the function")), [
    "retry",
    "upstream_unavailable",
  ]);
  assert.deepEqual(await next(refusal(429, "", "slow down")), ["retry", "upstream_unavailable"]);
  assert.deepEqual(await next(() => new Response("<html>", { status: 502 })), ["retry", "upstream_unavailable"]);
});

Deno.test("Rpc tells to retry when nobody answers, at all or in time", sanitized, async () => {
  const slow = await callOnce(async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return Response.json(1);
  }, 30);
  assert.ok(!slow.ok && slow.next === "retry");
  const nobody = await new Rpc(createWorkerClient("http://127.0.0.1:1", "sb_secret_x")).call("active_watches", {
    p_exchange: "sim",
  });
  assert.ok(!nobody.ok && nobody.next === "retry" && !nobody.detail.includes("sb_secret"));
});
