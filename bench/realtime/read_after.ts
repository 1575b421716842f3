import type postgres from "postgres";
import { TOPIC } from "./contenders.ts";

/** Messages as the read over REST answers them, oldest first. */
export interface ReadMessage {
  id: string;
  payload: Record<string, unknown>;
}

const ADDRESS_WAIT_MAX_ms = 10_000;

/** Makes the read over REST that a client recovers by: a topic's messages behind an id, as the product's rooms have it. */
export async function createReadAfter(sql: postgres.Sql, url: string, apiKey: string): Promise<void> {
  await sql.unsafe(`
    create or replace function public.bench_messages_after(p_topic text, p_after uuid, p_limit integer) returns jsonb
    language sql stable security definer set search_path = ''
    as $$
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'payload', m.payload) order by m.id), '[]')
      from (select id, payload from realtime.messages
        where topic = p_topic and private and extension = 'broadcast' and (p_after is null or id > p_after)
        order by id limit p_limit) m
    $$;
    grant execute on function public.bench_messages_after(text, uuid, integer) to anon;
    notify pgrst, 'reload schema'`);
  const deadline = Date.now() + ADDRESS_WAIT_MAX_ms;
  for (;;) {
    const response = await call(url, apiKey, null, 1);
    await response.body?.cancel();
    if (response.ok) return;
    if (Date.now() > deadline) throw new Error(`The read over REST is not there: ${response.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Reads up to `limit` messages behind `after`; from the oldest where it is null. */
export async function readAfter(url: string, apiKey: string, after: string | null, limit: number) {
  const response = await call(url, apiKey, after, limit);
  if (!response.ok) throw new Error(`The read over REST was refused: ${response.status}`);
  return await response.json() as ReadMessage[];
}

async function call(url: string, apiKey: string, after: string | null, limit: number): Promise<Response> {
  return await fetch(`${url}/rest/v1/rpc/bench_messages_after`, {
    method: "POST",
    headers: { apikey: apiKey, "content-type": "application/json" },
    body: JSON.stringify({ p_topic: TOPIC, p_after: after, p_limit: limit }),
  });
}
