import type { SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import type { Person, Tenant } from "./world.ts";

/** What is called as somebody, and answers. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each caller knows
type Rpc = (supabase: SupabaseClient, name: string, args: Record<string, unknown>) => Promise<any>;

/** Who takes part: `as` gives a client that calls in somebody's name. */
interface Cast {
  admin: Person;
  tenants: [owner: Tenant, other: Tenant];
  worker: SupabaseClient;
  poolsToken: number;
  as: (person: Person) => SupabaseClient;
}

/** What each tenant has in the public pool: another number of units each, at 100. */
const PUBLIC_EUR = [300, 500];
const PRIVATE_EUR = 100;
const WAITING_EUR = 25;
/** More than half of what a user may have waiting: the tenants' together are more than one may have. */
const WAITING = 30;

/**
 * A public pool in which both tenants have money, a draft, and a private pool of each tenant's own, in which that tenant
 * alone has some; in all of them something waits. The tenants' wallets are as they were.
 */
export async function seedPools(
  sql: postgres.Sql,
  rpc: Rpc,
  { admin, tenants, worker, poolsToken, as }: Cast,
): Promise<{ publicPoolId: string; draftPoolId: string }> {
  const p_client_id = () => crypto.randomUUID();
  const create = async (terms: Record<string, unknown>): Promise<string> => {
    const p_pool = { currency: "EUR", cycle: "manual", minimum: "1", ...terms };
    return (await rpc(as(admin), "admin_create_pool", { p_pool, p_client_id: p_client_id() })).pool.id;
  };
  const invest = async (tenant: Tenant, p_pool_id: string, eur: number): Promise<string> => {
    const args = { p_pool_id, p_amount: String(eur), p_client_id: p_client_id() };
    const { investment } = await rpc(as(tenant), "invest", args);
    tenant.markers.push(investment.id);
    return investment.id;
  };
  const settle = async (p_pool_id: string): Promise<void> => {
    await rpc(as(admin), "admin_force_settlement", { p_pool_id, p_client_id: p_client_id() });
    // A little ahead: this clock counts in milliseconds.
    const at = new Date(Date.now() + 1_000).toISOString();
    await rpc(worker, "settle_pool", { p_pool_id, p_cycle_no: 1, p_equity: "0", p_equity_at: at, p_token: poolsToken });
  };

  const publicPoolId = await create({ name: "A public pool" });
  const draftPoolId = await create({ name: "A draft of a pool", draft: true });
  for (const [i, tenant] of tenants.entries()) {
    const spent = (PUBLIC_EUR[i] ?? 0) + PRIVATE_EUR + 2 * WAITING_EUR;
    await sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${tenant.id}, 'EUR', 'available')],
      array[-${spent}::numeric, ${spent}::numeric])`;
    const name = tenant.username.split("_")[0];
    tenant.poolId = await create({ name: `${name}'s pool`, visibility: "private", manager_id: tenant.id });
    tenant.markers.push(tenant.poolId);
    await invest(tenant, publicPoolId, PUBLIC_EUR[i] ?? 0);
    tenant.lotId = await invest(tenant, tenant.poolId, PRIVATE_EUR);
    await settle(tenant.poolId);
    const p_changes = { manager_fee_percent: "20", add_members: [tenant.id] };
    await rpc(as(tenant), "manage_pool", { p_pool_id: tenant.poolId, p_changes, p_client_id: p_client_id() });
    tenant.requestId = await invest(tenant, tenant.poolId, WAITING_EUR);
    await sql.begin(async (tx) => {
      // Asked one by one, they would use up the tenant's bucket.
      await tx`set local session_replication_role = replica`;
      await tx`insert into public.pool_requests (pool_id, investor_id, kind, cycle_no, lot_id, units)
        select ${tenant.poolId}, ${tenant.id}, 'redeem', 2, ${tenant.lotId}, 0.00000001
        from generate_series(1, ${WAITING}::integer)`;
    });
  }
  await settle(publicPoolId);
  for (const tenant of tenants) await invest(tenant, publicPoolId, WAITING_EUR);
  return { publicPoolId, draftPoolId };
}
