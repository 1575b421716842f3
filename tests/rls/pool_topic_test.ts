import type { SupabaseClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { client, signUp } from "../../supabase/embedded/auth_testing.ts";
import { waitFor } from "../../supabase/embedded/realtime/testing.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { ask, makeCallers } from "./pool_world.ts";

// The stock client leaves push timers running when it is done.
const options = { sanitizeOps: false, sanitizeResources: false };

interface Heard {
  event: string;
  payload: { status?: string };
}

/** Joins a private topic; rejects with what the server says when it is refused. */
async function listen(supabase: SupabaseClient, topic: string, onCut = () => {}): Promise<Heard[]> {
  const heard: Heard[] = [];
  const channel = supabase.channel(topic, { config: { private: true } });
  channel.on("broadcast", { event: "*" }, (message) => heard.push(message as unknown as Heard));
  await new Promise<void>((resolve, reject) =>
    channel.subscribe((state, error) => {
      if (state === "SUBSCRIBED") return resolve();
      onCut();
      if (state !== "CLOSED") reject(error ?? new Error(state));
    })
  );
  return heard;
}

Deno.test("a private pool's topic is its investors' and members', a public one's everybody's", options, async () => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [admin] = await makeCallers(sql, 1, { admin: true });
  assert.ok(admin);
  const [friend, stranger] = [await signUp(stack, "friend@topic.test"), await signUp(stack, "stranger@topic.test")];
  const anybody = client(stack);
  // Before the server goes, however the test ends.
  await using _ = {
    async [Symbol.asyncDispose]() {
      for (const who of [friend.supabase, stranger.supabase, anybody]) {
        await who.removeAllChannels();
        await who.realtime.disconnect();
      }
    },
  };
  const act = (name: string, args: Record<string, unknown>) =>
    ask(sql, admin, name, { ...args, p_client_id: crypto.randomUUID() });
  const create = async (visibility: string): Promise<string> => {
    const p_pool = { name: `A ${visibility} pool`, currency: "EUR", cycle: "manual", minimum: "1", visibility };
    return (await act("admin_create_pool", { p_pool })).pool.id;
  };
  const [hidden, open] = [await create("private"), await create("public")];
  await act("admin_pool_member", { p_pool_id: hidden, p_user_id: friend.session.user.id, p_add: true });

  let cut = false;
  const heard = await listen(friend.supabase, `pool:${hidden}`, () => cut = true);
  const heardByAnybody = await listen(anybody, `pool:${open}`);
  for (const who of [stranger.supabase, anybody]) {
    await assert.rejects(listen(who, `pool:${hidden}`), /Unauthorized/);
    await assert.rejects(listen(who, `pool:${crypto.randomUUID()}`), /Unauthorized/, "as one that is not there");
  }
  for (const p_pool_id of [hidden, open]) await act("admin_pause_pool", { p_pool_id, p_reason: null });
  for (const messages of [heard, heardByAnybody]) {
    await waitFor(
      "the pause",
      () => messages.some(({ event, payload }) => event === "state" && payload.status === "paused"),
    );
  }
  assert.equal(cut, false);
  await act("admin_pool_member", { p_pool_id: hidden, p_user_id: friend.session.user.id, p_add: false });
  await waitFor("the topic to be closed to who is no member any more", () => cut);
});
