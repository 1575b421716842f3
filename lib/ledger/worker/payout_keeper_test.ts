import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { createWorkerClient, Rpc } from "../../kernel/worker/supabase.ts";
import { startTestSupabase, step } from "../../../supabase/embedded/testing.ts";
import {
  ask,
  euros,
  makeAdministrator,
  makeSaver,
  type MoneyPerson,
  noticesOf,
} from "../../../tests/rls/money_people.ts";
import { startTestPayments } from "../../../tools/payments/server.ts";
import { HttpPaymentProvider } from "./payments/http_provider.ts";
import { PayoutKeeper, type PayoutOutcome } from "./payout_keeper.ts";

const SECRET = "a secret of thirty-two characters or more";
const WAIT_ms_MAX = 15_000;

/** Waits for a condition, for a while. */
async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const started = performance.now(); !await holds(); await delay(20)) {
    assert.ok(performance.now() - started < WAIT_ms_MAX, `It did not come to: ${what}`);
  }
}

Deno.test({ name: "payouts", sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const client = createWorkerClient(stack.url, stack.secretKey);
  const rpc = new Rpc(client);
  const settings = { provider: "test", url: "", secret: SECRET };
  let payments = startTestPayments({
    secret: SECRET,
    webhookUrl: "http://127.0.0.1:1",
    returnUrl: "/",
    nowMs: Date.now,
  });
  settings.url = payments.url;
  const provider = () =>
    new HttpPaymentProvider({
      ...{ name: "test", url: settings.url, secret: SECRET, fetch, wallMs: Date.now, random: Math.random },
      call_ms_max: 1_000,
    });
  const ann = await makeAdministrator(stack, "ann");
  let savers = 0;
  const asked = async (
    amount: string,
    destination = "DE89370400440532013000",
  ): Promise<{ ada: MoneyPerson; id: string }> => {
    const ada = await makeSaver(stack, `saver${savers++}`, { EUR: "1000" });
    const args = { p_asset: "EUR", p_amount: amount, p_destination: destination, p_client_id: crypto.randomUUID() };
    const { withdrawal: { id } } = await ask(ada.supabase, "request_withdrawal", args);
    const answer = await ask(ann.supabase, "admin_approve_withdrawal", { p_id: id, p_client_id: crypto.randomUUID() });
    assert.equal(answer.withdrawal?.status, "approved");
    return { ada, id };
  };
  const rowOf = async (id: string) => (await sql`select * from public.withdrawals where id = ${id}`)[0] ?? {};
  const isPaid = async (id: string) => (await rowOf(id)).status === "paid";
  /** Lets the time pass that a claim or a wait between attempts takes. */
  const letTimePass = async (id: string) => {
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.withdrawals set next_attempt_at = now() where id = ${id}`;
    });
  };
  const lapse = () => sql`update public.leases set expires_at = now() where name = 'payouts'`;
  /** A process's term: what it does until it is ended, and the outcomes it came to. */
  const work = async (body: (keeper: PayoutKeeper, outcomes: PayoutOutcome[]) => Promise<void>) => {
    const [stopping, outcomes] = [new AbortController(), [] as PayoutOutcome[]];
    const keeper = new PayoutKeeper({
      holder: crypto.randomUUID(),
      ...{ rpc, provider: provider(), settings, random: Math.random, nowMs: () => performance.now() },
      logger: createLogger({ service: "test", write: () => {}, nowMs: Date.now }),
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    const running = keeper.run(stopping.signal);
    try {
      await body(keeper, outcomes);
    } finally {
      stopping.abort();
      await running;
    }
  };
  /** A step after which the ledger holds. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("what is approved is paid once, captured, and told", async () => {
    const { ada, id } = await asked("100");
    await work(async (keeper) => {
      await until("paid", () => isPaid(id));
      assert.deepEqual([keeper.health().role, keeper.health().provider], ["paying", "test"]);
      // What is approved meanwhile is paid when the worker is woken.
      const more = await asked("50");
      keeper.wake();
      await until("paid as well", () => isPaid(more.id));
    });
    assert.equal(await euros(ada), "900 / 0");
    assert.deepEqual((await noticesOf(stack, ada)).slice(-2), ["withdrawal_approved", "withdrawal_paid"]);
    assert.equal(payments.payouts.get(id)?.amount, "100");
    assert.equal((await sql`select 1 from private.payment_providers where name = 'test'`).length, 1);
    const { withdrawal } = await ask(ada.supabase, "my_withdrawal", { p_id: id });
    assert.deepEqual([withdrawal.cancellable, withdrawal.changeable], [false, false]);
  });

  await rule("from the claim on nothing changes a withdrawal any more", async () => {
    const { ada, id } = await asked("100");
    const lease = await rpc.call("acquire_lease", {
      p_name: "payouts",
      p_holder: crypto.randomUUID(),
      p_ttl_ms: 5_000,
    });
    assert.ok(lease.ok);
    const { token: p_token } = lease.data as { token: number };
    // What nobody has claimed is nobody's to call paid.
    const early = await rpc.call("finish_payout", { p_token, p_id: id, p_outcome: "paid" });
    assert.deepEqual(early.ok && early.data, { id, status: "approved", attempts: 0 });
    assert.ok((await rpc.call("claim_payouts", { p_token })).ok);
    const call = (name: string, args: Record<string, unknown>, who = ada) =>
      ask(who.supabase, name, { p_id: id, p_client_id: crypto.randomUUID(), ...args });
    assert.equal(await call("cancel_withdrawal", {}), "payout_started");
    assert.equal(await call("change_withdrawal", { p_amount: "1" }), "payout_started");
    assert.equal(await call("admin_reject_withdrawal", { p_reason: "No" }, ann), "payout_started");
    await assert.rejects(sql`update public.withdrawals set status = 'rejected' where id = ${id}`, /payout_started/);
    // Nor is it another's to finish, and a stale token pays nothing.
    await lapse();
    const late = await rpc.call("finish_payout", { p_token, p_id: id, p_outcome: "paid" });
    assert.ok(!late.ok && late.code === "stale_lease");
    await letTimePass(id);
    await work(() => until("paid", () => isPaid(id)));
  });

  await rule("whoever is killed between two steps, it is paid once, and booked once", async () => {
    // Killed after the claim; after the provider paid; after the booking, before hearing of it.
    for (const steps of [1, 2, 3]) {
      const { ada, id } = await asked("10");
      const lease = await rpc.call("acquire_lease", {
        p_name: "payouts",
        p_holder: crypto.randomUUID(),
        p_ttl_ms: 5_000,
      });
      assert.ok(lease.ok);
      const { token: p_token } = lease.data as { token: number };
      const claimed = await rpc.call("claim_payouts", { p_token });
      assert.ok(claimed.ok);
      const [payout] =
        (claimed.data as { items: [{ id: string; asset: string; amount: string; destination: string }] }).items;
      assert.equal(payout.id, id);
      if (steps > 1) assert.ok((await provider().createPayout(payout, new AbortController().signal)).ok);
      if (steps > 2) assert.ok((await rpc.call("finish_payout", { p_token, p_id: id, p_outcome: "paid" })).ok);
      await lapse();
      await letTimePass(id);
      await work(() => until(`paid, killed after step ${steps}`, () => isPaid(id)));
      assert.equal(await euros(ada), "990 / 0");
      assert.equal(payments.payouts.get(id)?.amount, "10");
      const [booked] = await sql`select count(*)::integer as n from public.ledger_transfers
        where operation = 'capture' and client_id = ${id}`;
      assert.equal(booked?.n, 1);
    }
  });

  await rule("what the provider has under way is asked about until it is paid", async () => {
    const { id } = await asked("10", "FR52PENDING0000000000000000");
    await work(async (keeper, outcomes) => {
      await until("pending", () => outcomes.includes("pending"));
      assert.deepEqual([(await rowOf(id)).attempts, (await rowOf(id)).last_error], [0, null]);
      await letTimePass(id);
      keeper.wake();
      await until("paid", () => isPaid(id));
    });
  });

  await rule("what the provider refuses is left to an administrator, who gives the money back", async () => {
    const { ada, id } = await asked("10", "FR04REFUSE00000000000000000");
    await work((_, outcomes) => until("refused", () => outcomes.includes("refused")));
    const row = await rowOf(id);
    assert.deepEqual([row.status, row.payout, row.last_error, row.attempts], [
      "approved",
      "refused",
      "destination_refused",
      1,
    ]);
    assert.deepEqual(await noticesOf(stack, ann), ["payout_failing"]);
    const change = await ask(ada.supabase, "change_withdrawal", {
      ...{ p_id: id, p_client_id: crypto.randomUUID(), p_destination: "NO9386011117947" },
    });
    assert.equal(change, "payout_started");
    const reject = { p_id: id, p_reason: "The bank refuses it", p_client_id: crypto.randomUUID() };
    assert.equal((await ask(ann.supabase, "admin_reject_withdrawal", reject)).withdrawal?.status, "rejected");
    assert.equal(await euros(ada), "1000 / 0");
  });

  await rule(
    "while the provider fails it stays approved, with the attempts; administrators are told once",
    async () => {
      const { ada, id } = await asked("10");
      await payments.stop();
      const told = (await noticesOf(stack, ann)).length;
      await work(async (keeper) => {
        for (let attempt = 1; attempt <= 6; attempt++) {
          await until(`${attempt} attempts`, async () => (await rowOf(id)).attempts === attempt);
          await letTimePass(id);
          keeper.wake();
        }
      });
      const row = await rowOf(id);
      assert.deepEqual([row.status, row.last_error], ["approved", "unreachable"]);
      assert.equal((await noticesOf(stack, ann)).length, told + 1);
      assert.equal(await euros(ada), "990 / 10");
      // It comes back, and pays.
      payments = startTestPayments({
        secret: SECRET,
        webhookUrl: "http://127.0.0.1:1",
        returnUrl: "/",
        nowMs: Date.now,
      });
      settings.url = payments.url;
      await letTimePass(id);
      await work(() => until("paid", () => isPaid(id)));
      assert.equal(await euros(ada), "990 / 0");
    },
  );
  await payments.stop();
});
