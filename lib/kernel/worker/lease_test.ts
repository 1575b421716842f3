import assert from "node:assert/strict";
import { Lease, LEASE_TTL_MS } from "./lease.ts";
import type { Rpc, RpcResult } from "./supabase.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

function open(...answers: RpcResult[]) {
  const clock = { now: 0 };
  const calls: string[] = [];
  const rpc = {
    call(name: string) {
      calls.push(name);
      return Promise.resolve(answers.shift() ?? { ok: true, data: null });
    },
  } as unknown as Rpc;
  return { clock, calls, lease: new Lease("feed:sim", crypto.randomUUID(), rpc, () => clock.now) };
}

function held(token: number): RpcResult {
  return { ok: true, data: { name: "feed:sim", token, expires_at: "2026-11-20T12:00:00Z" } };
}

const AWAY: RpcResult = { ok: false, next: "retry", code: "upstream_unavailable", detail: "" };

Deno.test("Lease is not trusted up to its very end, and is lost when nobody answers by then", async () => {
  const { clock, lease } = open(held(3), AWAY, AWAY);
  assert.equal(lease.token, null);
  assert.equal(await lease.renew(), "held");
  clock.now = LEASE_TTL_MS - 1_001;
  assert.equal(lease.token, 3);
  assert.equal(await lease.renew(), "unknown");
  clock.now = LEASE_TTL_MS - 1_000;
  assert.equal(lease.token, null, "writes sent now could meet the next holder");
  assert.equal(await lease.renew(), "lost");
});

Deno.test("Lease that comes back with another token was somebody else's in between", async () => {
  const { lease, calls } = open(held(3), held(5), held(5));
  await lease.renew();
  assert.equal(await lease.renew(), "lost");
  assert.equal(lease.token, null);
  await lease.release();
  assert.ok(!calls.includes("release_lease"), "what is not held is not given back");
  assert.equal(await lease.renew(), "held");
  assert.equal(lease.token, 5);
});

Deno.test("Lease wakes a standby at once, also when the wake came while it was asking", sanitized, async () => {
  const { lease } = open();
  const never = new AbortController().signal;
  const nap = lease.nap(() => 1, never);
  lease.wake();
  await nap;
  lease.wake();
  await lease.nap(() => 1, never);
});
