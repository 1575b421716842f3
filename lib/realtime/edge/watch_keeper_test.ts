import assert from "node:assert/strict";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import { createLogger } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/problem.ts";
import { CALLS_AT_ONCE_MAX, RENEW_EVERY_ms, WatchKeeper } from "./watch_keeper.ts";

const logger = createLogger({ service: "test", write: () => {}, nowMs: () => 0 });

/** A keeper whose database counts calls and answers on the next turn. */
function keeperOf(refuse: (name: string) => boolean = () => false) {
  const state = { nowMs: 0, calls: [] as string[], together: 0, togetherMax: 0 };
  const rpc: Rpc = {
    async call(name, args) {
      state.calls.push(`${name} ${(args as { p_client_id?: string }).p_client_id}`);
      state.togetherMax = Math.max(state.togetherMax, ++state.together);
      await new Promise((resolve) => setTimeout(resolve, 0));
      state.together--;
      if (refuse(name)) throw new Refusal("watch_limit", "Too many");
      return null;
    },
  };
  return { keeper: new WatchKeeper({ rpc, nowMs: () => state.nowMs, logger }), state };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "condition did not come true within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("add() passes on a refusal and keeps nothing of it", async () => {
  const { keeper, state } = keeperOf(() => true);
  await assert.rejects(keeper.add("a", "market:sim:BTC-USDT:1m"), { code: "watch_limit" });
  await keeper.close(1_000);
  assert.deepEqual(state.calls, ["watch a"]);
});

Deno.test("watches are renewed when they are due, a few at a time", async () => {
  const { keeper, state } = keeperOf();
  for (let i = 0; i < 30; i++) await keeper.add(String(i), "market:sim:BTC-USDT:1m");
  state.togetherMax = 0;
  state.nowMs = RENEW_EVERY_ms;
  await until(() => state.calls.length === 60);
  assert.ok(state.togetherMax <= CALLS_AT_ONCE_MAX, `${state.togetherMax} calls at once`);
  await keeper.close(1_000);
});

Deno.test("close() tells the database of everyone who was still watching", async () => {
  const { keeper, state } = keeperOf();
  for (const id of ["a", "b", "c"]) await keeper.add(id, "market:sim:BTC-USDT:1m");
  await keeper.close(1_000);
  assert.deepEqual(state.calls.slice(3).sort(), ["unwatch a", "unwatch b", "unwatch c"]);
});

Deno.test("remove() unwatches once, and a client that never watched not at all", async () => {
  const { keeper, state } = keeperOf();
  await keeper.add("a", "market:sim:BTC-USDT:1m");
  keeper.remove("a");
  keeper.remove("a");
  keeper.remove("stranger");
  await keeper.close(1_000);
  assert.deepEqual(state.calls, ["watch a", "unwatch a"]);
});
