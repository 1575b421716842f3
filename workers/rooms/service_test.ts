import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createLogger } from "../../lib/kernel/log.ts";
import { createWorkerClient, Rpc, type RpcResult } from "../../lib/kernel/worker/supabase.ts";
import { readRoomEvent } from "../../lib/rooms/events.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "../../tests/rls/pool_world.ts";
import { openRoom, setMember } from "../../tests/rls/room_world.ts";
import { until } from "../../tests/until.ts";
import type { Service } from "../service.ts";
import { createRoomService } from "./service.ts";

const id = () => crypto.randomUUID();

/** The rooms' service in this process. */
interface Running extends AsyncDisposable {
  service: Service;
  registry: Registry;
  lines: string[];
  /** From now on nothing it asks arrives: it goes without giving its lease back, as when it is killed. */
  kill(): void;
  /** What it was refused. */
  refused: string[];
}

/** A database that can go out of reach. */
class FragileRpc extends Rpc {
  isDead = false;
  readonly refused: string[] = [];

  override async call(...args: Parameters<Rpc["call"]>): Promise<RpcResult> {
    if (this.isDead) return { ok: false, next: "retry", code: "upstream_unavailable", detail: "killed" };
    const answer = await super.call(...args);
    if (!answer.ok) this.refused.push(answer.code);
    return answer;
  }
}

function startService(stack: TestSupabase): Running {
  const client = createWorkerClient(stack.url, stack.secretKey);
  const rpc = new FragileRpc(client);
  const lines: string[] = [];
  const registry = new Registry();
  const service = createRoomService({
    settings: {
      mode: "local",
      supabaseUrl: stack.url,
      secretKey: stack.secretKey,
      exchanges: ["sim"],
      workerPort: 0,
      simPort: 0,
      recordDir: null,
      realtimeMessages_per_s_max: null,
    },
    client,
    rpc,
    registry,
    logger: createLogger({ service: "worker", write: (line) => lines.push(line), nowMs: Date.now }),
    nowMs: () => performance.now(),
    random: () => 0,
    newId: id,
  });
  const over = new AbortController();
  const running = service.run(over.signal);
  return {
    ...{ service, registry, lines, refused: rpc.refused },
    kill: () => void (rpc.isDead = true),
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}

Deno.test({
  name: "the rooms' service counts viewers, ends abandoned rooms and raises epochs, one process at a time",
  // fetch() keeps connections open, and realtime-js leaves a timer of a socket that was closed.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    const [ann, bob, cleo] = await makeCallers(sql, 3, { eur: 0 });
    assert.ok(ann && bob && cleo);
    const watch = (name: string, who: Caller, p_stream_id: string, p_tab_id: string): Promise<Answer> =>
      ask(sql, who, name, { p_stream_id, p_tab_id });
    const room = async (streamId: string): Promise<Answer> =>
      (await sql`select status, viewer_count, peak_viewers, epoch, epoch_due from public.streams where id = ${streamId}`)[
        0
      ];
    /** What was told on a topic, in order, each as the schemas read it. */
    const told = async (topic: string) =>
      (await sql`select event, payload from realtime.messages where topic = ${topic} order by id`)
        .map(({ event, payload }) => {
          const read = readRoomEvent(event, payload);
          assert.ok(read, `${event} ${JSON.stringify(payload)}`);
          return read;
        });
    const counted = (streamId: string, viewers: number) =>
      until(async () => (await room(streamId)).viewer_count === viewers, `${viewers} viewers`);

    const first = startService(stack);
    await using _first = { [Symbol.asyncDispose]: () => first[Symbol.asyncDispose]() };
    let second: Running | null = null;
    await using _second = { [Symbol.asyncDispose]: async () => await second?.[Symbol.asyncDispose]() };

    const { stream_id } = await openRoom(sql, ann);
    const tabs = [id(), id(), id()] as const;

    await step(t, "viewers are counted once however many tabs they have, and the room is told", async () => {
      for (const tab of tabs) assert.ok((await watch("join_stream", bob, stream_id, tab)).success);
      for (const who of [cleo, STRANGER, STRANGER]) await watch("join_stream", who, stream_id, id());
      await counted(stream_id, 4);
      // The streamer is nobody's audience.
      await watch("join_stream", ann, stream_id, id());
      for (const tab of tabs.slice(1)) await watch("leave_stream", bob, stream_id, tab);
      await sql`update public.stream_viewers set expires_at = now() where user_id = ${cleo.id}`;
      await counted(stream_id, 3);
      assert.equal((await room(stream_id)).peak_viewers, 4);
      assert.deepEqual([...await sql`select 1 from public.stream_viewers where user_id = ${cleo.id}`], []);
      const events = (await told(`room:${stream_id}:1`)).map(({ name, payload }) =>
        `${name} ${(payload as { viewer_count: number }).viewer_count}`
      );
      assert.deepEqual(events.slice(-2), ["viewer_left 3", "viewer_count 3"]);
      assert.ok(events.some((event) => event.startsWith("viewer_joined ")));
      const times = [
        ...await sql`select inserted_at from realtime.messages
        where topic = ${`room:${stream_id}:1`} and event = 'viewer_count' order by inserted_at`,
      ].map(({ inserted_at }) => inserted_at.getTime());
      for (const [i, at] of times.entries()) if (i > 0) assert.ok(at - (times[i - 1] ?? 0) >= 950, "twice in a second");
      for (const p_message of ["One", "Two"]) {
        await ask(sql, bob, "send_message", { p_stream_id: stream_id, p_client_id: id(), p_message });
      }
      const shown = () => first.registry.metrics();
      await until(async () => /^room_messages_total 2$/m.test(await shown()), "two messages");
      const metrics = await shown();
      assert.match(metrics, /^rooms_live 1$/m);
      assert.match(metrics, /^room_viewers 3$/m);
      assert.match(metrics, /^rooms_lease_held 1$/m);
      assert.match(metrics, /^room_acts_total\{act="told"\} [1-9]/m);
      const { healthy, role, viewers } = first.service.health();
      assert.deepEqual([healthy, role, viewers], [true, "counting", 3]);
    });

    await step(t, "a second process stands by, and when the first is killed counts what came in between", async () => {
      second = startService(stack);
      const { service, registry } = second;
      await until(() => Promise.resolve(service.health().role === "standby"), "the second to stand by");
      first.kill();
      // As if the seconds had passed that a lease lasts without its holder.
      await sql`update public.leases set expires_at = now() where name = 'rooms'`;
      await watch("leave_stream", bob, stream_id, tabs[0]);
      await watch("join_stream", cleo, stream_id, id());
      await watch("join_stream", STRANGER, stream_id, id());
      await watch("join_stream", STRANGER, stream_id, id());
      await until(() => Promise.resolve(service.health().role === "counting"), "the second to take over");
      await counted(stream_id, 5);
      await until(
        async () => /^room_viewers 5$/m.test(await registry.metrics()),
        "the turn that counted them to be told of",
      );
      assert.deepEqual(first.refused, []);
    });

    await step(t, "a token of before is refused, so that nobody counts twice", async () => {
      const [{ token }] = [(await sql`select token from public.leases where name = 'rooms'`)[0] as { token: number }];
      const rpc = new Rpc(createWorkerClient(stack.url, stack.secretKey));
      const answer = await rpc.call("rooms_due", { p_token: token - 1 });
      assert.equal(answer.ok ? "" : answer.code, "stale_lease");
    });

    await step(t, "an epoch that waited is raised, and who reads the old topic is told", async () => {
      await setMember(sql, ann.id, bob.id, "banned");
      await sql`select private.raise_epoch(${stream_id})`;
      assert.equal((await room(stream_id)).epoch, 2);
      await sql`select private.raise_epoch(${stream_id})`;
      assert.deepEqual([(await room(stream_id)).epoch, (await room(stream_id)).epoch_due], [2, true]);
      await sql`update public.streams set epoch_raised_at = now() - interval '5 seconds' where id = ${stream_id}`;
      await until(async () => (await room(stream_id)).epoch === 3, "the epoch to be raised");
      assert.equal((await room(stream_id)).epoch_due, false);
      assert.deepEqual((await told(`room:${stream_id}:2`)).findLast(({ name }) => name === "moved"), {
        name: "moved",
        payload: { topic: `room:${stream_id}:3`, within_ms: 1_500 },
      });
      await watch("join_stream", STRANGER, stream_id, id());
      await counted(stream_id, 6);
      assert.deepEqual((await told(`room:${stream_id}:3`)).at(-1), {
        name: "viewer_count",
        payload: { viewer_count: 6 },
      });
    });

    await step(t, "a room whose streamer is silent for two minutes ends, and says so", async () => {
      const { stream_id: other } = await openRoom(sql, cleo);
      await sql`update public.streams set streamer_seen_at = now() - interval '121 seconds' where id = ${stream_id}`;
      await until(async () => (await room(stream_id)).status === "ended", "the end");
      const ended = (await told(`room:${stream_id}:3`)).at(-1);
      assert.equal(ended?.name, "stream_ended");
      assert.deepEqual([(await room(stream_id)).viewer_count, (await room(stream_id)).peak_viewers], [0, 6]);
      assert.equal((await room(other)).status, "live");
      assert.ok(second?.lines.some((line) => line.includes("Rooms without their streamer were ended")));
    });

    await step(t, "whoever leaves gives the rooms back at once", async () => {
      assert.ok(second);
      await second[Symbol.asyncDispose]();
      const third = startService(stack);
      await using _third = { [Symbol.asyncDispose]: () => third[Symbol.asyncDispose]() };
      const startedMs = performance.now();
      await until(() => Promise.resolve(third.service.health().role === "counting"), "the third to take over");
      assert.ok(performance.now() - startedMs < 3_000);
      await until(async () => /^rooms_live 1$/m.test(await third.registry.metrics()), "its first turn");
      second = null;
    });
  },
});
