import assert from "node:assert/strict";
import postgres from "postgres";
import { createLogger } from "../../../lib/kernel/log.ts";
import { startTestSupabase } from "../testing.ts";
import { Authority, type Identity, type Urgency } from "./authority.ts";
import { newCounters } from "./metrics.ts";
import { MEMBERS_SQL } from "./testing.ts";

const USERS = 300;
const TOPIC = "test:crowd";

/** A policy that keeps what it found in a setting, and fails for one user: neither may reach the next question. */
const CARELESS_SQL = `
  create function private.realtime_careless() returns boolean language plpgsql as $$
  begin
    if coalesce(current_setting('careless.seen', true), '') <> '' then return true; end if;
    if auth.uid() = '00000000-0000-7000-8000-000000000001' then perform 1 / 0; end if;
    if auth.uid() = '00000000-0000-7000-8000-000000000002' then
      perform set_config('careless.seen', 'yes', true);
      return true;
    end if;
    return false;
  end $$;
  grant execute on function private.realtime_careless() to anon, authenticated;
  create policy "Careless" on realtime.messages for select to authenticated
    using (realtime.topic() = 'careless' and private.realtime_careless());`;

function identityOf(sub: string): Identity {
  const claimsJson = JSON.stringify({ role: "authenticated", sub });
  return { role: "authenticated", claimsJson, sub, expMs: Infinity, headersJson: "{}" };
}

Deno.test("Permission checks that queue up", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(MEMBERS_SQL);
  await sql.unsafe(CARELESS_SQL);
  const pool = postgres(stack.dbUrl, { max: 4, onnotice: () => {} });
  const counters = newCounters();
  const logger = createLogger({ service: "realtime", write: () => {}, nowMs: () => 0 });
  const authority = new Authority(pool, counters, logger, () => 0);

  await t.step("get an answer each: members yes, others no, to read and to write", async () => {
    const users = Array.from({ length: USERS }, () => crypto.randomUUID());
    const members = users.filter((_, i) => i % 3 === 0);
    await sql`
      insert into public.realtime_members (topic, user_id, writes)
      select ${TOPIC}, u, u::text < '8' from unnest(${members}::uuid[]) u`;
    const reads = users.map((user) => authority.read(identityOf(user), TOPIC, true));
    const writes = users.map((user) => authority.write(identityOf(user), TOPIC, "broadcast"));
    const isMember = (i: number) => i % 3 === 0;
    assert.deepEqual(
      await Promise.all(reads),
      users.map((_, i) => ({ ok: true, value: { broadcast: isMember(i), presence: isMember(i) } })),
    );
    assert.deepEqual(
      await Promise.all(writes),
      users.map((user, i) => ({ ok: true, value: isMember(i) && user < "8" })),
    );
    assert.equal(counters.probes, 2 * USERS);
  });

  await t.step("do not reach one another: neither by a policy's error nor by what it sets", async () => {
    const users = Array.from({ length: 60 }, (_, i) => `00000000-0000-7000-8000-${String(i % 4).padStart(12, "0")}`);
    // Apart by a claim, so that each is asked.
    const asked = users.map((sub, i) => ({ ...identityOf(sub), claimsJson: JSON.stringify({ sub, i }) }));
    const answers = await Promise.all(asked.map((identity) => authority.read(identity, "careless", false)));
    assert.deepEqual(
      answers,
      users.map((_, i) => ({ ok: true, value: { broadcast: i % 4 === 2, presence: false } })),
    );
  });

  await t.step("take turns by urgency, also when somebody in more of a hurry asks the same", async () => {
    // With one connection transactions run in the order they were begun.
    const single = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
    const authority = new Authority(single, newCounters(), logger, () => 0);
    const order: string[] = [];
    const ask = async (sub: string, urgency: Urgency) => {
      await authority.read(identityOf(sub), TOPIC, false, urgency);
      order.push(`${urgency} ${sub}`);
    };
    const subs = Array.from({ length: 40 }, () => crypto.randomUUID());
    const [hurried = "", swept = "", banned = ""] = [subs[39], crypto.randomUUID(), crypto.randomUUID()];
    const joins = subs.map((sub) => ask(sub, "join"));
    await Promise.all([...joins, ask(swept, "sweep"), ask(banned, "signal"), ask(hurried, "signal")]);
    await single.end();
    // The first four joins found their transactions free.
    const next = [`signal ${banned}`, `join ${hurried}`, `signal ${hurried}`, `sweep ${swept}`];
    assert.deepEqual(order.slice(4, 8), next);
    assert.equal(order.length, 43);
  });

  await t.step("leave nothing behind in realtime.messages", async () => {
    const [row] = await sql`select count(*)::int as rows from realtime.messages where topic in (${TOPIC}, 'careless')`;
    assert.equal(row?.rows, 0);
  });

  await t.step("get no answer, rather than a no, when the database goes away", async () => {
    await pool.end({ timeout: 0 });
    const checked = await authority.read(identityOf(crypto.randomUUID()), TOPIC, false);
    assert.equal(checked.ok, false);
  });
});
