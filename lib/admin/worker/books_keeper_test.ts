import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { signUp } from "../../../supabase/embedded/auth_testing.ts";
import { startTestSupabase, type TestSupabase } from "../../../supabase/embedded/testing.ts";
import { until } from "../../../tests/until.ts";
import { createLogger } from "../../kernel/log.ts";
import { createWorkerClient, Rpc } from "../../kernel/worker/supabase.ts";
import { BooksKeeper } from "./books_keeper.ts";
import { BooksMetrics, type Business } from "./books_metrics.ts";

function startKeeper(stack: TestSupabase, { checkFails = false } = {}) {
  const lines: string[] = [];
  const registry = new Registry();
  const rpc = new Rpc(createWorkerClient(stack.url, stack.secretKey));
  const calls: string[] = [];
  const counting = {
    call(...args: Parameters<Rpc["call"]>) {
      calls.push(args[0]);
      if (checkFails && args[0] === "check_ledger") {
        return Promise.resolve({ ok: false, next: "retry", code: "upstream_unavailable", detail: "timed out" });
      }
      return rpc.call(...args);
    },
  } as Rpc;
  const clock = { ahead_ms: 0 };
  const keeper = new BooksKeeper({
    holder: crypto.randomUUID(),
    rpc: counting,
    metrics: new BooksMetrics(registry),
    logger: createLogger({ service: "books", write: (line) => lines.push(line), nowMs: Date.now }),
    nowMs: () => performance.now() + clock.ahead_ms,
  });
  const stopping = new AbortController();
  const run = keeper.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await run;
  };
  return { keeper, lines, registry, calls, clock, stop, [Symbol.asyncDispose]: stop };
}

Deno.test({
  name: "the keeper of the books checks the ledger and tells Prometheus, one process at a time",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    await using first = startKeeper(stack);
    const told = (which: typeof first, line: RegExp) =>
      until(async () => line.test(await which.registry.metrics()), String(line));
    await told(first, /^ledger_check_violations 0$/m);
    await told(first, /^pool_aum_eur 0$/m);
    await told(first, /^active_investments_total 0$/m);
    await told(first, /^pending_withdrawals_total 0$/m);
    assert.ok(first.lines.some((line) => line.includes("The ledger holds")));

    await using second = startKeeper(stack);
    await until(() => second.calls.includes("acquire_lease"), "the second to ask");
    assert.equal(second.keeper.health().role, "standby");
    assert.doesNotMatch(await second.registry.metrics(), /^(pool_aum_eur|ledger_check_violations) /m);

    // A balance that moved without an entry, and a check that is an hour old.
    const { session } = await signUp(stack, "mia@books.test");
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`insert into public.ledger_accounts (id, owner_type, owner_id, asset, kind, balance, entries)
        values (gen_random_uuid(), 'user', ${session.user.id}, 'EUR', 'available', 5, 0)`;
      await tx`insert into public.admins (user_id) values (${session.user.id})`;
      await tx`update public.ledger_checks set checked_at = now() - interval '61 minutes'`;
    });
    await first.stop();
    assert.doesNotMatch(await first.registry.metrics(), /^(pool_aum_eur|ledger_check_violations) /m);
    await told(second, /^ledger_check_violations 1$/m);
    const broken = second.lines.find((line) => line.includes("The ledger does not hold"));
    assert.match(broken ?? "", /wrong_balance/);
    const notices = await sql`select data from public.notifications where kind = 'ledger_broken'`;
    assert.deepEqual(notices.map(({ data }) => data), [{ violations: 1 }]);
    assert.equal(second.calls.filter((name) => name === "check_ledger").length, 1);
  },
});

Deno.test({
  name: "a check that fails is not tried again at once: each reads everything there is",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    await using stack = await startTestSupabase();
    await using keeper = startKeeper(stack, { checkFails: true });
    const count = (name: string) => keeper.calls.filter((each) => each === name).length;
    await until(() => count("check_ledger") === 1, "the first check");
    // Figures go on being read each minute; what is held lapses for the clock's leap and is taken again.
    for (let reads = count("business_metrics"); reads < 3; reads++) {
      keeper.clock.ahead_ms += 61_000;
      await until(() => count("business_metrics") > reads, "the next figures");
    }
    assert.equal(count("check_ledger"), 1);
    keeper.clock.ahead_ms += 600_000;
    await until(() => count("check_ledger") === 2, "the next check");
  },
});

Deno.test("BooksMetrics says nothing rather than 0 of what nobody knows", async () => {
  const registry = new Registry();
  const metrics = new BooksMetrics(registry);
  assert.doesNotMatch(await registry.metrics(), /^\w+ 0$/m);
  const known: Business = {
    active_investments: 3,
    pool_aum_eur: "1234567.89",
    pools_failing: 0,
    settlements_overdue: 1,
    pending_withdrawals: 2,
    pending_withdrawals_eur: "1200.5",
    ledger_violations: 0,
    ledger_check_age_s: 5,
  };
  metrics.show(known);
  assert.match(await registry.metrics(), /^pool_aum_eur 1234567.89$/m);
  assert.match(await registry.metrics(), /^settlements_overdue 1$/m);
  metrics.show({ ...known, pool_aum_eur: null });
  assert.doesNotMatch(await registry.metrics(), /^pool_aum_eur /m);
  assert.match(await registry.metrics(), /^pending_withdrawals_eur 1200.5$/m);
});
