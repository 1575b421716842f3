import assert from "node:assert/strict";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { createHash } from "node:crypto";
import type postgres from "postgres";
import { addFactor, client, PASSWORD, signIn } from "../../../supabase/embedded/auth_testing.ts";
import type { TestSupabase } from "../../../supabase/embedded/testing.ts";
import { seedPayments } from "./payments.ts";
import { seedPools } from "./pools.ts";
import { seedRooms, type TenantsRooms } from "./rooms.ts";

/** A user with real tokens of three sessions, and what is theirs. */
export interface Person {
  id: string;
  email: string;
  username: string;
  /** At aal2 unless the person has no second factor; then at aal1. */
  token: string;
  /** Claims of `token`. */
  claims: Record<string, unknown>;
  /** Claims of a session opened by password alone. */
  passwordClaims: Record<string, unknown>;
  /** A token of a session that was revoked, and its claims. */
  endedToken: string;
  endedClaims: Record<string, unknown>;
}

/** A tenant, with what others might learn or guess of it. */
export interface Tenant extends Person {
  deviceId: string;
  fingerprint: string;
  revokedDeviceId: string;
  revokeClientId: string;
  sessionId: string;
  recoveryCode: string;
  alertId: string;
  /** A credit that waits: the owner's for the administrator, the other's for somebody else. */
  creditId: string;
  /** The tenant's own private pool, the lot in it, and a subscription to it that waits. */
  poolId: string;
  lotId: string;
  requestId: string;
  /** A withdrawal that waits, one that is approved, and a deposit that waits to be paid. */
  withdrawalId: string;
  payoutId: string;
  depositId: string;
  /** To be assigned to the tenant once it is approved. */
  paymentId: string;
  rooms: TenantsRooms;
  /** The client id under which the tenant watches markets. */
  holder: string;
  /** What stands in no other tenant's rows: an answer that holds one of these shows this tenant. */
  markers: string[];
}

/** A seeded database: two tenants with rows in every table that holds tenants' rows, and the others. */
export interface World {
  stack: TestSupabase;
  owner: Tenant;
  other: Tenant;
  newcomer: Person;
  busy: Person;
  admin: Person;
  demoted: Person;
  impostor: Person;
  feedToken: number;
  auditToken: number;
  booksToken: number;
  poolsToken: number;
  payoutsToken: number;
  roomsToken: number;
  /** The administrator's own withdrawal. */
  adminWithdrawalId: string;
  /** Nobody has decided about it. */
  paymentId: string;
  publicPoolId: string;
  draftPoolId: string;
  publicRoomId: string;
  /** Held by somebody for the examples that give it back. */
  leaseHolder: string;
  jobId: string;
  nowMs: number;
}

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
/** More than half the devices a user may have: the tenants' together are more than one may have. */
const DEVICES = 30;
/** More than half the alerts a user may have, for the same reason. */
const ALERTS = 60;
/** As many known places as a user may have, most of them the same ones for both tenants. */
const PLACES = 50;
export const MARKET_TOPIC = "market:sim:BTC-USDT:1m";

/** Seeds by what the product itself offers: sign-ups, factors and functions called over REST with real tokens. */
export async function seedWorld(stack: TestSupabase): Promise<World> {
  const { sql } = stack;
  const worker = client(stack, { key: stack.secretKey });
  const { feedToken, auditToken, booksToken, poolsToken, payoutsToken, roomsToken, leaseHolder } = await seedMarket(
    worker,
  );
  const admin = await makeAdmin(stack, worker);
  const [owner, other, newcomer, busy, demoted, impostor] = await Promise.all([
    makeTenant(stack, "owner"),
    makeTenant(stack, "other"),
    makePerson(stack, "newcomer"),
    makePerson(stack, "busy"),
    makePerson(stack, "demoted", true),
    makePerson(stack, "impostor", true),
  ]);
  await sql`insert into public.admins (user_id) values (${impostor.id})`;
  await verify(stack, demoted, [owner, other]);
  await sql`update public.leases set expires_at = now() + interval '1 hour'`;
  await seedCredits(stack, { admin, impostor, owner, other });
  await sql.begin(async (tx) => {
    // What somebody did about a tenant while being an administrator.
    await assume(tx, demoted.claims);
    await tx`select private.audit('user.kyc_set', 'user', ${owner.id})`;
  });
  const { publicPoolId, draftPoolId } = await seedPools(sql, rpc, {
    ...{ admin, tenants: [owner, other], worker, poolsToken },
    as: ({ token }) => as(stack, token),
  });
  const { adminWithdrawalId, paymentId } = await seedPayments(sql, rpc, {
    ...{ admin, tenants: [owner, other], worker, payoutsToken },
    as: (person) => as(stack, person?.token ?? null),
  });
  const { publicRoomId } = await seedRooms(sql, rpc, {
    ...{ streamer: demoted, tenants: [owner, other], invited: impostor, moderator: admin },
    ...{ bannedInPublic: newcomer, bannedInPrivate: busy },
    as: ({ token }) => as(stack, token),
  });
  const jobs = await sql`select private.queue_auth_job('set_role', id, '{"role": null}') as id
    from (values (${owner.id}::uuid), (${other.id}::uuid)) as t (id)`;
  for (const { id, username } of [owner, other]) {
    await sql`insert into public.notifications (user_id, kind, data)
      values (${id}, 'live_now', ${sql.json({ username, title: "News" })})`;
  }
  await sql`insert into public.notice_batches (kind, users, data)
    values ('seeded', ${[owner.id, other.id]}::uuid[], array_fill('{}'::jsonb, array[2]))`;
  await sql`update auth.sessions set not_after = now() - interval '1 second'
    where id = ${String(newcomer.endedClaims.session_id)}`;
  // Not before a day: the refill never brings the buckets back while the matrix runs.
  await sql`insert into public.rate_limits (rule, key, shard, tokens, refilled_at)
    select r.name, ${"user:" + busy.id}, 0, -86400 * r.refill_per_s, now() from public.rate_limit_rules r
    on conflict (rule, key, shard) do update set tokens = excluded.tokens, refilled_at = excluded.refilled_at`;
  return {
    ...{
      stack,
      owner,
      other,
      newcomer,
      busy,
      admin,
      demoted,
      impostor,
      feedToken,
      auditToken,
      booksToken,
      leaseHolder,
    },
    ...{ poolsToken, publicPoolId, draftPoolId, payoutsToken, adminWithdrawalId, paymentId, roomsToken, publicRoomId },
    jobId: jobs[0]?.id,
    nowMs: Date.now(),
  };
}

/** Has somebody who is an administrator for this once verify tenants: what they did then stays among their own acts. */
async function verify({ sql }: TestSupabase, by: Person, tenants: readonly Tenant[]): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`insert into public.admins (user_id) values (${by.id})`;
    await assume(tx, { ...by.claims, app_metadata: { role: "admin" } });
    for (const { id } of tenants) await tx`select public.admin_set_kyc(${id}, 'verified', ${crypto.randomUUID()})`;
    await tx`delete from public.admins where user_id = ${by.id}`;
  });
}

/** A waiting credit each: the owner's asked for by somebody whom the token makes an administrator for once. */
async function seedCredits(
  stack: TestSupabase,
  { admin, impostor, owner, other }: { admin: Person; impostor: Person; owner: Tenant; other: Tenant },
): Promise<void> {
  const args = { p_asset: "EUR", p_amount: "5000", p_client_id: crypto.randomUUID() };
  const asked = await rpc(as(stack, admin.token), "admin_credit_user", { p_user_id: other.id, ...args });
  other.creditId = asked.credit.id;
  owner.creditId = await stack.sql.begin(async (tx) => {
    await assume(tx, { ...impostor.claims, app_metadata: { role: "admin" } });
    const [row] = await tx`select public.admin_credit_user(${owner.id}, 'EUR', '5000', ${args.p_client_id}) as asked`;
    return row?.asked.credit.id;
  });
  for (const tenant of [owner, other]) tenant.markers.push(tenant.creditId);
}

async function seedMarket(worker: SupabaseClient) {
  const leaseHolder = crypto.randomUUID();
  const lease = async (p_name: string): Promise<number> =>
    (await rpc(worker, "acquire_lease", { p_name, p_holder: leaseHolder, p_ttl_ms: 60_000 })).token;
  const feedToken = await lease("feed:sim");
  const auditToken = await lease("audit");
  const booksToken = await lease("books");
  const poolsToken = await lease("pools");
  const roomsToken = await lease("rooms");
  const payoutsToken = await lease("payouts");
  const feed = { p_exchange: "sim", p_token: feedToken };
  await rpc(worker, "claim_deployment_mode", { p_mode: "local" });
  await rpc(worker, "record_symbols", { ...feed, p_rows: [SYMBOL] });
  await rpc(worker, "record_candles", { ...feed, p_rows: [CANDLE] });
  await rpc(worker, "record_feed", { ...feed, p_status: FEED_STATUS, p_tickers: [TICKER] });
  return { feedToken, auditToken, booksToken, poolsToken, payoutsToken, roomsToken, leaseHolder };
}

async function makeTenant(stack: TestSupabase, name: "owner" | "other"): Promise<Tenant> {
  const person = await makePerson(stack, name, true);
  const supabase = as(stack, person.token);
  const fingerprint = name === "owner" ? "a".repeat(64) : "b".repeat(64);
  const holder = crypto.randomUUID();
  const username = `${name}_canary`;
  await rpc(supabase, "update_profile", { p_changes: { username } });
  const touched = await rpc(supabase, "touch_device", { p_fingerprint: fingerprint, p_name: `${name}'s browser` });
  await stack.sql.begin(async (tx) => {
    // Over REST this many would use up the tenant's bucket.
    await assume(tx, person.claims);
    await tx`select private.touch_device(lpad(n::text, 64, ${name === "owner" ? "c" : "d"}), ${name + "'s old browser"})
      from generate_series(2, ${DEVICES}::integer) as n`;
    await tx`select public.finish_sign_in(lpad(n::text, 64, '7')) from generate_series(2, ${PLACES}::integer) as n`;
    await tx`insert into public.alerts (user_id, exchange, symbol, condition, value, note)
      select ${person.id}, 'sim', 'BTC-USDT', 'below', 1, ${name + "'s old alert"}
      from generate_series(2, ${ALERTS}::integer)`;
    // Money, some of it set aside.
    await tx`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${person.id}, 'EUR', 'available')],
      array[-100, 100], jsonb_build_object('note', ${name + "'s deposit"}::text))`;
    await tx`select private.reserve(${person.id}, 'EUR', 40, 'seed', gen_random_uuid(), gen_random_uuid())`;
    // Linking one would ask for a proven address and end the sessions.
    await tx`set local session_replication_role = replica`;
    await tx`insert into auth.identities (id, provider_id, user_id, identity_data, provider)
      select gen_random_uuid(), ${person.id}, ${person.id}, ${tx.json({ email_verified: true })}, ${
      name + "'s provider"
    }`;
  });
  const { codes } = await rpc(supabase, "make_recovery_codes", { p_client_id: crypto.randomUUID() });
  await rpc(supabase, "finish_sign_in", { p_device: fingerprint });
  await rpc(supabase, "begin_second_factor", { p_device: fingerprint });
  await rpc(supabase, "begin_second_factor", {});
  await rpc(as(stack, null), "begin_sign_in", { p_kind: "password", p_email: person.email });
  await rpc(supabase, "watch", { p_topics: [MARKET_TOPIC], p_client_id: holder });
  const limit = name === "owner" ? "3141.59" : "2718.28";
  await rpc(supabase, "set_my_limit", { p_name: "order_eur_max", p_value: limit, p_client_id: crypto.randomUUID() });
  // More than half of what one user may have a day.
  await rpc(supabase, "use_faucet", { p_asset: "EUR", p_amount: "6000", p_client_id: crypto.randomUUID() });
  const alert = await rpc(supabase, "create_alert", {
    ...{ p_client_id: crypto.randomUUID(), p_exchange: "sim", p_symbol: "BTC-USDT", p_condition: "below" },
    ...{ p_value: "1", p_note: `${name}'s alert` },
  });
  const accounts = await stack.sql`select id from public.ledger_accounts where owner_id = ${person.id}`;
  // A device that is revoked ends its session: the token of it lives on for minutes.
  const elsewhere = await signIn(stack, person.email);
  const session = (await elsewhere.auth.getSession()).data.session;
  assert.ok(session);
  const revoked = await rpc(elsewhere, "touch_device", { p_fingerprint: "e".repeat(64), p_name: `${name}'s phone` });
  const revokeClientId = crypto.randomUUID();
  const { sessions_ended } = await rpc(supabase, "revoke_device", {
    p_device_id: revoked.device_id,
    p_client_id: revokeClientId,
  });
  assert.equal(sessions_ended, 1);
  const sessionId = String(person.claims.session_id);
  return {
    ...person,
    username,
    endedToken: session.access_token,
    endedClaims: { ...person.claims, session_id: claimsOf(session.access_token).session_id },
    ...{ fingerprint, holder, revokeClientId, sessionId },
    deviceId: touched.device_id,
    revokedDeviceId: revoked.device_id,
    recoveryCode: codes[0],
    alertId: alert.id,
    ...{
      creditId: "",
      poolId: "",
      lotId: "",
      requestId: "",
      withdrawalId: "",
      payoutId: "",
      depositId: "",
      paymentId: "",
    },
    rooms: {
      roomId: "",
      topic: "",
      oldTopic: "",
      endedTopic: "",
      scheduledId: "",
      messageId: "",
      tabId: "",
      reportId: "",
      publicMessageId: "",
      publicReportId: "",
    },
    markers: [
      ...[person.id, person.email, createHash("sha256").update(person.email).digest("hex")],
      username,
      `${name}'s `,
      touched.device_id,
      sessionId,
      limit,
      alert.id,
      ...accounts.map((account) => account.id),
    ],
  };
}

async function makeAdmin(stack: TestSupabase, worker: SupabaseClient): Promise<Person> {
  const email = "admin@matrix.test";
  const { data, error } = await client(stack).auth.signUp({ email, password: PASSWORD });
  assert.equal(error, null);
  await rpc(worker, "grant_admin", { p_email: email });
  // What the worker does with the job that this queues.
  const told = await worker.auth.admin.updateUserById(data.user?.id ?? "", { app_metadata: { role: "admin" } });
  assert.equal(told.error, null);
  await stack.sql`update public.auth_jobs set status = 'done'`;
  return await personOf(stack, email, true);
}

/** The session a newcomer's ended token belongs to is there until {@link seedWorld} lets its time run out. */
async function makePerson(stack: TestSupabase, name: string, hasFactor = false): Promise<Person> {
  const email = `${name}@matrix.test`;
  assert.equal((await client(stack).auth.signUp({ email, password: PASSWORD })).error, null);
  return await personOf(stack, email, hasFactor);
}

async function personOf(stack: TestSupabase, email: string, hasFactor: boolean): Promise<Person> {
  const tokenOf = async (supabase: SupabaseClient) => (await supabase.auth.getSession()).data.session?.access_token;
  const main = await signIn(stack, email);
  if (hasFactor) await addFactor(main);
  const ended = await signIn(stack, email);
  const [token = "", password = "", endedToken = ""] = [
    await tokenOf(main),
    await tokenOf(await signIn(stack, email)),
    await tokenOf(ended),
  ];
  if (hasFactor) assert.equal((await ended.auth.signOut({ scope: "local" })).error, null);
  const claims = claimsOf(token);
  const profile = await stack.sql`select username from public.profiles where id = ${String(claims.sub)}`;
  return {
    id: String(claims.sub),
    ...{ email, token, claims, endedToken },
    username: profile[0]?.username,
    passwordClaims: claimsOf(password),
    // With all the second factor gave it: only the session's end stands against it.
    endedClaims: { ...claims, session_id: claimsOf(endedToken).session_id },
  };
}

/** A stock client that calls with somebody's access token, or with the key alone. */
export function as(stack: TestSupabase, token: string | null): SupabaseClient {
  return createClient(
    stack.url,
    stack.publishableKey,
    token === null ? SESSIONLESS : { accessToken: () => Promise.resolve(token) },
  );
}

async function assume(tx: postgres.TransactionSql, claims: Record<string, unknown>): Promise<void> {
  await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
}

// deno-lint-ignore no-explicit-any -- JSON whose shape each caller knows
async function rpc(supabase: SupabaseClient, name: string, args: Record<string, unknown>): Promise<any> {
  const { data, error } = await supabase.rpc(name, args);
  assert.equal(error, null, `${name}: ${error?.message} ${error?.details}`);
  return data;
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(token.split(".")[1] ?? "", { alphabet: "base64url" })),
  );
}

export const SYMBOL = {
  symbol: "BTC-USDT",
  venue_symbol: "BTC/USDT",
  base: "BTC",
  quote: "USDT",
  tick_size: "0.01",
  lot_size: "0.00001",
  min_notional: "5",
  active: true,
};
export const CANDLE = { symbol: "BTC-USDT", timeframe: "1m", t: 0, o: "1", h: "1", l: "1", c: "1", v: "1", ind: null };
export const FEED_STATUS = {
  state: "live",
  sockets: 1,
  streams: 1,
  reconnects: 0,
  gaps_found: 0,
  gaps_filled: 0,
  last_event_ms: 0,
};
export const TICKER = {
  symbol: "BTC-USDT",
  last: "1",
  at_ms: 0,
  open_24h: "1",
  high_24h: "1",
  low_24h: "1",
  volume_24h: "1",
  quote_volume_24h: "1",
};
