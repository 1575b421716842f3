import assert from "node:assert/strict";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { startTestPayments } from "../../tools/payments/server.ts";
import { freePort } from "../dev_stack.ts";
import { ask, euros, makeAdministrator, makeSaver } from "../rls/money_people.ts";
import { startWorker } from "../worker_process.ts";
import { until } from "../until.ts";

const SAVERS = 4;
const PAYOUTS_EACH = 10;
/** How many payouts the provider has heard of when the worker is killed: some are asked for then, few are booked. */
const KILLED_AT = [1, 8, 21, 33];
const SECRET = "a secret of thirty-two characters or more";

Deno.test("a worker killed while it pays leaves nothing unpaid, and nothing paid or booked twice", async () => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await using provider = payments();
  const admin = await makeAdministrator(stack, "ann");
  const savers = await Promise.all(
    Array.from({ length: SAVERS }, (_, n) => makeSaver(stack, `saver${n}`, { EUR: "100" })),
  );
  for (const { supabase } of savers) {
    for (let n = 0; n < PAYOUTS_EACH; n++) {
      const args = {
        p_asset: "EUR",
        p_amount: "10",
        p_destination: "DE89370400440532013000",
        p_client_id: crypto.randomUUID(),
      };
      const { withdrawal } = await ask(supabase, "request_withdrawal", args);
      const approve = { p_id: withdrawal.id, p_client_id: crypto.randomUUID() };
      assert.equal((await ask(admin.supabase, "admin_approve_withdrawal", approve)).withdrawal.status, "approved");
    }
  }
  const env = () => ({
    ...{ OUTCRY_MODE: "local", SUPABASE_URL: stack.url, SUPABASE_SECRET_KEY: stack.secretKey, EXCHANGES: "sim" },
    ...{ WORKER_PORT: String(freePort()), SIM_PORT: String(freePort()) },
    ...{ PAYMENTS_PROVIDER: "test", PAYMENTS_URL: provider.url, PAYMENTS_SECRET: SECRET },
  });
  for (const heard of [...KILLED_AT, Infinity]) {
    await using worker = startWorker(env());
    const left = async () =>
      (await sql`select count(*)::integer as n from public.withdrawals where status <> 'paid'`)[0]?.n as number;
    await until(async () => provider.payouts.size >= heard || await left() === 0, `${heard} payouts, or all`, 30_000);
    worker.kill("SIGKILL");
    await worker.exited;
    // What the dead one held runs out by itself, within seconds: they need not be waited for.
    await sql`update public.leases set expires_at = now()`;
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.withdrawals set next_attempt_at = now() where status = 'approved'`;
    });
  }
  assert.equal(provider.payouts.size, SAVERS * PAYOUTS_EACH);
  const booked = await sql`select client_id from public.ledger_transfers where operation = 'capture'`;
  assert.deepEqual(booked.map((row) => row.client_id).toSorted(), [...provider.payouts.keys()].toSorted());
  for (const saver of savers) assert.equal(await euros(saver), "0 / 0");
  assert.deepEqual([...await sql`select * from ledger_check()`], []);
});

function payments() {
  const provider = startTestPayments({
    ...{ secret: SECRET, webhookUrl: "http://127.0.0.1:1", returnUrl: "/", nowMs: Date.now },
  });
  return { ...provider, [Symbol.asyncDispose]: provider.stop };
}
