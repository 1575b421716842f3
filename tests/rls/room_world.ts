import type { SupabaseClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import type postgres from "postgres";
import { type Answer, ask, type Caller } from "./pool_world.ts";

/** The worker that runs rooms. */
export class Warden {
  readonly #sql: postgres.Sql;
  readonly #token: number;

  private constructor(sql: postgres.Sql, token: number) {
    this.#sql = sql;
    this.#token = token;
  }

  static async hire(sql: postgres.Sql): Promise<Warden> {
    const [row] = await sql`select public.acquire_lease('rooms', gen_random_uuid(), 60000) as lease`;
    await sql`update public.leases set expires_at = now() + interval '1 hour' where name = 'rooms'`;
    return new Warden(sql, row?.lease.token);
  }

  /** One turn of its work, as if the last count was a second ago. */
  async turn(): Promise<Answer> {
    await this
      .#sql`update public.streams set counted_at = counted_at - interval '1 second' where counted_at is not null`;
    return await this.turnAtOnce();
  }

  /** One turn, however soon after the last one. */
  async turnAtOnce(): Promise<Answer> {
    const [row] = await this.#sql`select public.rooms_due(${this.#token}) as answer`;
    return row?.answer;
  }
}

/** A room that is live, by its streamer: its stream. */
export async function openRoom(sql: postgres.Sql, who: Caller, terms: Record<string, unknown> = {}): Promise<Answer> {
  const p_stream = { title: "A room", ...terms };
  const answer = await ask(sql, who, "create_stream", { p_stream, p_client_id: crypto.randomUUID() });
  assert.ok(answer.stream, answer.detail);
  return answer.stream;
}

/** What a streamer says of somebody, in all of his rooms. */
export async function setMember(
  sql: postgres.Sql,
  streamerId: string,
  userId: string,
  is: "banned" | "moderator" | "invited",
): Promise<void> {
  const now = new Date();
  await sql`insert into public.stream_members ${
    sql({
      ...{ streamer_id: streamerId, user_id: userId },
      banned_at: is === "banned" ? now : null,
      moderator_since: is === "moderator" ? now : null,
      invited_at: is === "invited" ? now : null,
    })
  } on conflict (streamer_id, user_id) do update
    set (banned_at, moderator_since, invited_at) = row (excluded.banned_at, excluded.moderator_since, excluded.invited_at)`;
}

/** One stock client's ears on one private topic. */
export class Listener {
  readonly heard: { event: string; payload: Record<string, unknown> }[] = [];
  /** When the channel was lost, by performance.now(); null while it is joined. */
  lostAtMs: number | null = null;
  readonly #supabase: SupabaseClient;

  private constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  /** Joins; a refusal is its reason. `replaySinceMs` asks for what was said since then. */
  static async join(supabase: SupabaseClient, topic: string, replaySinceMs?: number): Promise<Listener | string> {
    const listener = new Listener(supabase);
    const broadcast = replaySinceMs === undefined ? {} : { replay: { since: replaySinceMs, limit: 25 } };
    const channel = supabase.channel(topic, { config: { private: true, broadcast } });
    channel.on("broadcast", { event: "*" }, ({ event, payload }) => listener.heard.push({ event, payload }));
    const lost = () => listener.lostAtMs ??= performance.now();
    channel.on("system", {}, ({ status }: { status: string }) => status === "error" && lost());
    const refusal = await new Promise<string | null>((resolve) => {
      channel.subscribe((status, error) => {
        if (status === "SUBSCRIBED") return resolve(null);
        lost();
        resolve(error?.message ?? status);
      });
    });
    if (refusal === null) return listener;
    await supabase.removeChannel(channel);
    return refusal;
  }

  /** Events by name, in the order they came. */
  get events(): string[] {
    return this.heard.map(({ event }) => event);
  }

  /** Leaves every topic of this client. */
  async leave(): Promise<void> {
    await this.#supabase.removeAllChannels();
    await this.#supabase.realtime.disconnect();
  }
}
