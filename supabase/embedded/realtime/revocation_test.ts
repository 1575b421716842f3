import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { MEMBERS_SQL, RawClient, signToken, startHost, waitFor } from "./testing.ts";

const ANN = "00000000-0000-4000-8000-00000000000a";
const SOCKETS = 20;
/** As many as a socket may have. */
const TOPICS_PER_SOCKET = 100;
const TOPICS = Array.from({ length: SOCKETS * TOPICS_PER_SOCKET }, (_, i) => `test:${i}`);
/** Four transactions of fifty questions are under way when the ban is told of, or already the next four. */
const ASKED_BEFORE_BAN_MAX = 2 * 4 * 50 + 10;

Deno.test("A signal about every topic", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(MEMBERS_SQL);
  await sql`insert into public.realtime_members select unnest(${TOPICS}::text[]), ${ANN}, true`;
  await using host = await startHost(stack.dbUrl);
  const token = await signToken({ sub: ANN });
  const joined = () => host.server.metrics().channels;
  const clients: RawClient[] = [];
  for (let i = 0; i < SOCKETS; i++) {
    const client = await RawClient.open(host);
    clients.push(client);
    const topics = TOPICS.slice(i * TOPICS_PER_SOCKET, (i + 1) * TOPICS_PER_SOCKET);
    for (const topic of topics) {
      client.send(["1", "1", `realtime:${topic}`, "phx_join", { config: { private: true }, access_token: token }]);
    }
    await client.until("the joins", () => joined() === (i + 1) * TOPICS_PER_SOCKET || undefined);
  }
  const last = clients.at(-1) as RawClient;
  const [banned, lost] = TOPICS.slice(-2) as [string, string];

  await t.step("lets a ban on one topic go first", async () => {
    const before = host.server.metrics();
    await sql.begin(async (tx) => {
      // While this is locked no policy answers, so that the sweep is under way when the ban is committed.
      await tx`lock table public.realtime_members in access exclusive mode`;
      await sql`select realtime.reauthorize('*')`;
      await waitFor("the sweep", () => host.server.metrics().reauthorized > before.reauthorized);
      await tx`delete from public.realtime_members where topic in (${banned}, ${lost})`;
      await tx`select realtime.reauthorize(${banned})`;
    });
    assert.match(JSON.stringify(await last.text('"system"')), new RegExp(`no longer have permission.*${banned}"`));
    const asked = host.server.metrics().probes - before.probes;
    assert.ok(asked <= ASKED_BEFORE_BAN_MAX, `${asked} checks came before`);
  });

  await t.step("reaches the last channel all the same, and cuts no other", async () => {
    for (let checked = 0; checked <= TOPICS.length; checked += TOPICS_PER_SOCKET) {
      await waitFor("the sweep", () => host.server.metrics().reauthorized >= checked);
    }
    assert.match(JSON.stringify(await last.text('"system"')), new RegExp(`no longer have permission.*${lost}"`));
    assert.equal(host.server.metrics().revoked, 2);
  });

  for (const client of clients) client.socket.close();
  await Promise.all(clients.map((client) => client.ended()));
});
