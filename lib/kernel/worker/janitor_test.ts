import assert from "node:assert/strict";
import { createLogger } from "../log.ts";
import { CALLS_MAX, type Chore, Janitor } from "./janitor.ts";
import type { Rpc, RpcResult } from "./supabase.ts";

const FORGET: Chore = { name: "forget_requests", args: { p_limit: 10 }, more: (removed) => removed === 10 };
const PRUNE: Chore = { name: "prune_candles", args: { p_limit: 10 }, more: () => false };

function open(answers: (name: string, call: number) => RpcResult) {
  const calls: string[] = [];
  const clock = { now: 0 };
  const rpc = { call: (name: string) => Promise.resolve(answers(name, calls.push(name))) } as unknown as Rpc;
  const logger = createLogger({ service: "test", write: () => {}, nowMs: () => 0 });
  const options = { rpc, chores: [FORGET, PRUNE], interval_ms: 1_000, logger, nowMs: () => clock.now, random: () => 0 };
  return { janitor: new Janitor(options), calls, clock };
}

Deno.test("Janitor repeats a chore while there is more, and then turns to the next", async () => {
  const { janitor, calls } = open((name, call) => ({
    ok: true,
    data: name === "forget_requests" && call < 3 ? 10 : 4,
  }));
  await janitor.round(new AbortController().signal);
  assert.deepEqual(calls, ["forget_requests", "forget_requests", "forget_requests", "prune_candles"]);
});

Deno.test("Janitor leaves a chore without end to the next round", async () => {
  const { janitor, calls } = open(() => ({ ok: true, data: 10 }));
  await janitor.round(new AbortController().signal);
  assert.equal(calls.filter((name) => name === "forget_requests").length, CALLS_MAX);
});

Deno.test("Janitor goes on with the other chores when one fails, and is unhealthy when that lasts for hours", async () => {
  const failure: RpcResult = { ok: false, next: "retry", code: "upstream_unavailable", detail: "" };
  const { janitor, calls, clock } = open((name) => name === "forget_requests" ? failure : { ok: true, data: 0 });
  await janitor.round(new AbortController().signal);
  assert.deepEqual(calls, ["forget_requests", "prune_candles"]);
  assert.equal(janitor.health().healthy, true);
  clock.now = 4 * 3_600_000;
  assert.equal(janitor.health().healthy, false);
});
