import assert from "node:assert/strict";
import { BUDGET_DEBT_S_MAX, MessageBudget } from "./message_budget.ts";

function openBudget(messages_per_s: number) {
  const clock = { ms: 0 };
  return { clock, budget: new MessageBudget({ messages_per_s, nowMs: () => clock.ms }) };
}

/** How many of `cost` each go in so many seconds, when one is offered every 10 ms. */
function sentIn(seconds: number, cost: number, messages_per_s = 100): number {
  const { clock, budget } = openBudget(messages_per_s);
  let sent = 0;
  for (; clock.ms < seconds * 1_000; clock.ms += 10) if (budget.tryTake(cost)) sent++;
  return sent;
}

Deno.test("MessageBudget lets replaceable messages through at the plan's rate, and no faster", () => {
  const sent = sentIn(60, 2);
  assert.ok(sent * 2 <= 61 * 100 && sent * 2 >= 59 * 100, `${sent}`);
});

Deno.test("MessageBudget keeps a reserve for what must go", () => {
  const { budget } = openBudget(100);
  let sent = 0;
  while (budget.tryTake(1)) sent++;
  assert.equal(sent, 80);
  budget.take(20);
  assert.equal(budget.tryTake(1), false);
});

Deno.test("MessageBudget sends what costs more than a second allows less often, but sends it", () => {
  const sent = sentIn(60, 500);
  assert.ok(sent >= 11 && sent <= 13, `${sent}`);
});

Deno.test("MessageBudget forgives debts beyond its limit, so that nothing is silent for long", () => {
  const { clock, budget } = openBudget(100);
  for (let i = 0; i < 1_000; i++) budget.take(1_000);
  clock.ms = (BUDGET_DEBT_S_MAX + 0.2) * 1_000 - 1;
  assert.equal(budget.tryTake(1), false);
  clock.ms = (BUDGET_DEBT_S_MAX + 0.3) * 1_000;
  assert.equal(budget.tryTake(1), true);
});
