import assert from "node:assert/strict";
import { createRpc, toRefusal } from "./supabase.ts";

Deno.test("toRefusal() passes on a code of the catalogue with the text SQL gave it", () => {
  const refusal = toRefusal({ message: "unknown_symbol", code: "PT404", details: "No such symbol" }, 404);
  assert.equal(refusal.code, "unknown_symbol");
  assert.equal(refusal.message, "No such symbol");
});

const foreign: [string, Parameters<typeof toRefusal>[0], number, string][] = [
  ["a permission error", { message: 'permission denied for table "watches"', code: "42501" }, 403, "internal"],
  ["a missing function", { message: "Could not find the function", code: "PGRST202" }, 404, "internal"],
  ["a code nobody raised through PT", { message: "not_found", code: "P0001" }, 400, "internal"],
  ["a zero byte in a text", { message: "unsupported Unicode escape sequence", code: "22P05" }, 400, "bad_request"],
  ["an id that is none", { message: 'invalid input syntax for type uuid: "-"', code: "22P02" }, 400, "bad_request"],
  ["a number too large", { message: "value is out of range for type integer", code: "22003" }, 400, "bad_request"],
  ["a mistake of ours", { message: "division by zero", code: "22012" }, 400, "internal"],
  ["a refused token", { message: "JWT expired", code: "PGRST303" }, 401, "unauthenticated"],
  ["a statement cut short", { message: "canceling statement due to statement timeout", code: "57014" }, 500, "busy"],
  ["a lock not had in time", { message: "canceling statement due to lock timeout", code: "55P03" }, 500, "busy"],
  ["two that waited for each other", { message: "deadlock detected", code: "40P01" }, 500, "busy"],
  ["no answer", { message: "TypeError: connection refused (127.0.0.1:54321)", code: "" }, 0, "upstream_unavailable"],
  ["a gateway's error page", { message: "<html>Bad gateway</html>" }, 502, "upstream_unavailable"],
  ["a lost database", { message: "Database connection error", code: "PGRST001" }, 503, "upstream_unavailable"],
];
for (const [what, failure, status, code] of foreign) {
  Deno.test(`toRefusal() answers ${what} with ${code} and tells nothing about it`, () => {
    const refusal = toRefusal(failure, status);
    assert.equal(refusal.code, code);
    assert.ok(!refusal.message.includes(failure.message), refusal.message);
  });
}

Deno.test("call() gives up on a database that never answers", async () => {
  const rpc = createRpc({
    url: "http://supabase.invalid",
    publishableKey: "sb_publishable_x",
    fetch: (_input, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      }),
  });
  await assert.rejects(rpc.call("deployment_mode", {}, { timeoutMs: 10 }), { code: "upstream_unavailable" });
});

Deno.test("call() speaks as the user whose token it is given, and as nobody without one", async () => {
  const seen: (string | null)[] = [];
  const rpc = createRpc({
    url: "http://supabase.invalid",
    publishableKey: "sb_publishable_x",
    fetch: (_input, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      return Promise.resolve(Response.json(null));
    },
  });
  await rpc.call("ws_stats", {}, { accessToken: "token-of-a-user" });
  await rpc.call("ws_stats", {});
  assert.deepEqual(seen, ["Bearer token-of-a-user", "Bearer sb_publishable_x"]);
});
