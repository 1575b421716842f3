import assert from "node:assert/strict";
import type { SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { Signer } from "../../../lib/ledger/worker/payments/signature.ts";
import type { Person, Tenant } from "./world.ts";

/** What is called as somebody, and answers. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each caller knows
type Rpc = (supabase: SupabaseClient, name: string, args: Record<string, unknown>) => Promise<any>;

/** Who takes part: `as` gives a client that calls in somebody's name, or in nobody's. */
interface Cast {
  admin: Person;
  tenants: [owner: Tenant, other: Tenant];
  worker: SupabaseClient;
  payoutsToken: number;
  as: (person: Person | null) => SupabaseClient;
}

/** What each asks for: together above what may leave a day on a password, each below it. */
const WAITING_EUR = [300, 500];
const APPROVED_EUR = [100, 200];
const PAID_IN_EUR = 7;
const ADMIN_EUR = 50;
/** More than half of what a user may mean to pay in: the tenants' together are more than one may. */
const DEPOSITS = 12;
/** More than half of what a user may have waiting for administrators, for the same reason. */
const WITHDRAWALS = 28;
const SECRET = "the matrix's own secret of the provider";

/**
 * A withdrawal of each tenant's that waits, one that is approved (the owner's is claimed by the worker), a deposit that
 * was paid and others that wait, and a withdrawal of the administrator's. What is available in the tenants' wallets is
 * as it was.
 */
export async function seedPayments(
  sql: postgres.Sql,
  rpc: Rpc,
  { admin, tenants, worker, payoutsToken, as }: Cast,
): Promise<{ adminWithdrawalId: string; paymentId: string }> {
  const p_client_id = () => crypto.randomUUID();
  const give = (person: Person, eur: number) =>
    sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${person.id}, 'EUR', 'available')],
      array[-${eur}::numeric, ${eur}::numeric])`;
  const withdraw = async (person: Person, eur: number | undefined): Promise<string> => {
    const args = {
      p_asset: "EUR",
      p_amount: String(eur),
      p_destination: "DE89370400440532013000",
      p_client_id: p_client_id(),
    };
    return (await rpc(as(person), "request_withdrawal", args)).withdrawal.id;
  };
  await rpc(worker, "set_payment_provider", { p_name: "test", p_secret: SECRET, p_checkout_url: "http://127.0.0.1:1" });
  for (const [i, tenant] of tenants.entries()) {
    await give(tenant, (WAITING_EUR[i] ?? 0) + (APPROVED_EUR[i] ?? 0) - PAID_IN_EUR);
    tenant.withdrawalId = await withdraw(tenant, WAITING_EUR[i]);
    tenant.payoutId = await withdraw(tenant, APPROVED_EUR[i]);
    await rpc(as(admin), "admin_approve_withdrawal", { p_id: tenant.payoutId, p_client_id: p_client_id() });
    const start = async (p_amount: string) =>
      (await rpc(as(tenant), "start_deposit", { p_asset: "EUR", p_amount, p_client_id: p_client_id() })).deposit;
    await pay(rpc, as(null), await start(String(PAID_IN_EUR)), tenant);
    tenant.depositId = (await start("9")).id;
    tenant.markers.push(tenant.withdrawalId, tenant.payoutId, tenant.depositId);
    await sql.begin(async (tx) => {
      // Asked one by one, they would use up the tenant's bucket.
      await tx`set local session_replication_role = replica`;
      await tx`insert into public.deposits (user_id, provider, asset, amount, expires_at)
        select ${tenant.id}, 'test', 'EUR', 1, now() + interval '1 day' from generate_series(2, ${DEPOSITS}::integer)`;
      // Of long ago: they count against no day.
      await tx`insert into public.withdrawals (user_id, asset, amount, eur, destination, status, hold_id, requested_at)
        select ${tenant.id}, 'EUR', 1, 1, 'account', 'awaiting_approval', gen_random_uuid(), now() - interval '3 days'
        from generate_series(2, ${WITHDRAWALS}::integer)`;
    });
  }
  const paymentId = await strand(sql, rpc, { admin, tenants, worker, payoutsToken, as });
  const claimed = await rpc(worker, "claim_payouts", { p_token: payoutsToken, p_limit: 1 });
  assert.equal(claimed.items[0].id, tenants[0].payoutId);
  await give(admin, ADMIN_EUR);
  await sql`update public.profiles set kyc_status = 'verified' where id = ${admin.id}`;
  const adminWithdrawalId = await withdraw(admin, ADMIN_EUR);
  await sql`update public.profiles set kyc_status = 'none' where id = ${admin.id}`;
  return { adminWithdrawalId, paymentId };
}

/** A payment that nobody has decided about, and one to be assigned to each tenant: the owner's by somebody who is gone. */
async function strand(sql: postgres.Sql, rpc: Rpc, { admin, tenants, as }: Cast): Promise<string> {
  const arrive = async (amount: string): Promise<string> => {
    const event = { id: `event-${crypto.randomUUID()}`, type: "deposit.paid", deposit_id: crypto.randomUUID() };
    const p_body = JSON.stringify({ ...event, asset: "EUR", amount });
    const p_signature = await new Signer(SECRET).sign(p_body, Date.now());
    const { outcome } = await rpc(as(null), "receive_payment", { p_provider: "test", p_signature, p_body });
    assert.equal(outcome, "unclaimed");
    const [row] = await sql`select id from public.unmatched_payments where event_id = ${event.id}`;
    return row?.id;
  };
  for (const tenant of tenants) {
    tenant.paymentId = await arrive("5000");
    const args = { p_payment_id: tenant.paymentId, p_user_id: tenant.id, p_client_id: crypto.randomUUID() };
    await rpc(as(admin), "admin_assign_payment", args);
    tenant.markers.push(tenant.paymentId);
  }
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update public.unmatched_payments set decided_by = gen_random_uuid() where id = ${tenants[0].paymentId}`;
  });
  return await arrive("3");
}

/** Says that a deposit was paid, as its provider does. */
async function pay(rpc: Rpc, nobody: SupabaseClient, deposit: { id: string }, tenant: Tenant): Promise<void> {
  const event = { id: `event-${deposit.id}`, type: "deposit.paid", deposit_id: deposit.id };
  const p_body = JSON.stringify({ ...event, asset: "EUR", amount: String(PAID_IN_EUR) });
  const p_signature = await new Signer(SECRET).sign(p_body, Date.now());
  const received = await rpc(nobody, "receive_payment", { p_provider: "test", p_signature, p_body });
  assert.equal(received.outcome, "booked");
  tenant.markers.push(deposit.id);
}
