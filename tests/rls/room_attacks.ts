import assert from "node:assert/strict";
import type postgres from "postgres";
import { waitFor } from "../../supabase/embedded/realtime/testing.ts";
import { step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { openRoom, type Warden } from "./room_world.ts";

const id = () => crypto.randomUUID();

/** What a test of rooms does as people. */
export interface RoomTools {
  stack: TestSupabase;
  /** Enough connections for those who come at once. */
  many: postgres.Sql;
  warden: Warden;
  someone: () => Promise<Caller>;
  update: (who: Caller, streamId: string, changes: unknown) => Promise<Answer>;
  on: (name: string, who: Caller, streamId: string) => Promise<Answer>;
  watch: (name: string, who: Caller, streamId: string, tabId: string) => Promise<Answer>;
  /** What a room was told: names of events and payloads. */
  heardIn: (streamId: string) => Promise<[string, Answer][]>;
}

/** Steps in which somebody goes round what rooms promise. */
export async function attackRooms(t: Deno.TestContext, tools: RoomTools): Promise<void> {
  const { stack: { sql }, many, warden, someone, update, on, watch, heardIn } = tools;

  await step(t, "a room ends when its streamer deletes the account, before anybody can tip into nothing", async () => {
    const ann = await someone();
    const [bob] = await makeCallers(sql, 1, { eur: 100 });
    assert.ok(bob);
    const [asked, gone] = [await openRoom(sql, ann), await openRoom(sql, bob)];
    const tip = (p_stream_id: string, db = sql) =>
      ask(db, bob, "tip", { p_stream_id, p_client_id: id(), p_amount: "5" });
    const leave = (db = sql) => ask(db, ann, "delete_my_account", { p_client_id: id() });
    // A tip that is under way is waited for, and found in the wallet.
    const { tipped, left } = await sql.begin(async (tx) => {
      await tx`select from public.ledger_accounts where owner_id = ${bob.id} for update`;
      const tipped = tip(asked.stream_id, many);
      const free = () => many`select from public.streams where id = ${asked.stream_id} for update skip locked`;
      await waitFor("the tip to hold the room", async () => (await free()).length === 0);
      return { tipped, left: leave(many) };
    });
    assert.ok((await tipped).tip);
    assert.equal((await left).code, "balance_left");
    assert.equal((await on("stream_detail", STRANGER, asked.stream_id)).stream.status, "LIVE");
    await sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${ann.id}, 'EUR', 'available')],
      array[4.75, -4.75]::numeric[])`;
    assert.equal((await leave()).queued, true);
    assert.equal((await tip(asked.stream_id)).code, "stream_ended");
    // However the account goes, the room hears of it.
    await sql`delete from auth.users where id = ${bob.id}`;
    for (const { stream_id } of [asked, gone]) {
      assert.deepEqual((await heardIn(stream_id)).at(-1)?.[0], "stream_ended");
    }
  });

  await step(t, "strangers in a room that turns private are not told where it goes on", async () => {
    const ann = await someone();
    const { stream_id: roomId } = await openRoom(sql, ann);
    // Just after a ban, so that it moves only when the worker says so.
    await sql`update public.streams set epoch_raised_at = clock_timestamp() where id = ${roomId}`;
    await update(ann, roomId, { visibility: "private", whep_url: "https://media.example/secret" });
    assert.deepEqual(await heardIn(roomId), []);
    await update(ann, roomId, { visibility: "private", title: "Among us" });
    assert.deepEqual(await heardIn(roomId), []);
    await sql`update public.streams set epoch_raised_at = epoch_raised_at - interval '5 seconds' where id = ${roomId}`;
    await warden.turn();
    await update(ann, roomId, { title: "Among us alone" });
    assert.deepEqual((await heardIn(roomId)).map(([event]) => event), ["moved", "room_settings"]);
  });

  await step(t, "nobody takes the name that somebody else has just given up", async () => {
    const [ann, bob] = [await someone(), await someone()];
    const call = (who: Caller, username: string) =>
      ask(sql, who, "update_profile", { p_changes: sql.json({ username }) });
    const names = ["", "_b", "_c", "_d", "_e"].map((tail) => `n${id().slice(0, 8)}${tail}`);
    for (const name of names) assert.equal((await call(ann, name)).username, name);
    const [oldest = "", ...lately] = names.slice(0, -1);
    for (const name of lately) assert.equal((await call(bob, name)).code, "username_taken", name);
    assert.equal((await call(bob, oldest)).username, oldest, "three names are kept");
    assert.equal((await call(ann, lately[0] ?? "")).username, lately[0], "and given back");
    const [made] = await sql`insert into auth.users (id, email)
      values (gen_random_uuid(), ${`${lately[1]}@rooms.test`}) returning id`;
    const [profile] = await sql`select username from public.profiles where id = ${made?.id}`;
    assert.match(profile?.username, new RegExp(`^${lately[1]}_[0-9a-f]{6}$`), "a new account gets another");
    await sql`update private.former_usernames set given_up_at = given_up_at - interval '31 days'`;
    assert.equal((await call(bob, lately[1] ?? "")).username, lately[1], "for thirty days");
  });

  await step(t, "a script without an account cannot make a room look larger than so", async () => {
    const { stream_id: roomId } = await openRoom(sql, await someone());
    await sql`insert into public.stream_viewers (stream_id, tab_id, expires_at)
      select ${roomId}, gen_random_uuid(), now() + interval '1 minute' from generate_series(1, 4999)`;
    await watch("touch_viewer", STRANGER, roomId, id());
    await watch("touch_viewer", STRANGER, roomId, id());
    const counted = async () => {
      await warden.turn();
      return (await on("stream_detail", STRANGER, roomId)).stream.viewer_count;
    };
    assert.equal(await counted(), 5_000);
    // Those the web vouches for have buckets of their own, by address.
    await sql.begin(async (tx) => {
      await tx`select public.set_edge_hmac_key('0123456789abcdef0123456789abcdef')`;
      await tx`select set_config('request.headers', jsonb_build_object('x-outcry-address', '0123456789abcdef',
        'x-outcry-address-proof', private.edge_hmac('0123456789abcdef|' || floor(extract(epoch from now()) / 60)))::text, true)`;
      await tx`select private.note_viewer(s, ${id()}) from public.streams s where s.id = ${roomId}`;
    });
    assert.equal(await counted(), 5_001);
  });
}
