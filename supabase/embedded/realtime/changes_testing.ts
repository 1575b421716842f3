/** Helpers of the tests of `postgres_changes`. */
import type { TestSupabase } from "../testing.ts";
import { RawClient, SECRET_KEY, type TestHost } from "./testing.ts";

export const ANN = "00000000-0000-4000-8000-00000000000a";
export const BOB = "00000000-0000-4000-8000-00000000000b";
/** Tables with and without policies, a primary key, and a place in the publication. */
export const SCHEMA = `
  create type public.mood as enum ('calm', 'glad');
  create table public.open_notes (
    id bigint primary key, title text, mood public.mood, tags text[], data jsonb, price numeric(30, 10), done boolean,
    at timestamptz, bytes bytea, code varchar(20), secret text);
  create table public.owned_notes (id uuid primary key, owner uuid not null, title text);
  create table public.unpublished (id integer primary key);
  create table public.keyless (a integer);
  alter table public.open_notes replica identity full;
  alter table public.owned_notes replica identity full;
  alter table public.keyless replica identity full;
  alter table public.owned_notes enable row level security;
  create policy own on public.owned_notes for select to authenticated using (owner = (select auth.uid()));
  grant select on public.owned_notes, public.keyless to anon, authenticated;
  revoke all on public.open_notes from anon, authenticated;
  grant select (id, title, mood, tags, data, price, done, at, bytes, code) on public.open_notes to anon, authenticated;
  grant all on public.open_notes, public.owned_notes, public.keyless, public.unpublished to service_role;
  alter publication supabase_realtime add table public.open_notes, public.owned_notes, public.keyless;`;

/** What a change says. */
export interface ChangeData {
  schema: string;
  table: string;
  type: string;
  commit_timestamp: string;
  columns: { name: string; type: string }[];
  record?: Record<string, unknown>;
  old_record?: Record<string, unknown>;
  errors: string[] | null;
}
/** A change's frame. */
type Change = [null, null, string, string, { ids: number[]; data: ChangeData }];

/** Subscribes clients and reads their changes. */
export class ChangesTester {
  readonly #sql: TestSupabase["sql"];
  readonly #host: TestHost;
  joins = 0;

  constructor(stack: TestSupabase, host: TestHost) {
    this.#sql = stack.sql;
    this.#host = host;
  }

  /** Joins a channel of its own; returns the reply and the first system message. */
  async subscribe(client: RawClient, entries: unknown[], token?: string) {
    const topic = `changes-${++this.joins}`;
    const reply = await client.join(topic, { postgres_changes: entries }, token, String(this.joins));
    const system = await client.text(`"channel":"${topic}"`) as [0, 0, 0, 0, Record<string, string>];
    return { topic, reply, system: system[4] };
  }

  /** The next change. */
  async changeOf(client: RawClient): Promise<Change[4]> {
    return (await client.text('"postgres_changes",{"ids"') as Change)[4];
  }

  /** The changes a client got until now, once everything committed until now has been delivered. */
  async changesUntilNow(client: RawClient): Promise<unknown[]> {
    using witness = await RawClient.open(this.#host, "2.0.0", SECRET_KEY);
    const entry = { event: "DELETE", schema: "public", table: "open_notes", filter: "id=eq.999" };
    await this.subscribe(witness, [entry]);
    await this.#sql`insert into public.open_notes (id, title) values (999, 'end')`;
    await this.#sql`delete from public.open_notes where id = 999`;
    await this.changeOf(witness);
    await client.settle();
    const changes = client.received.splice(0).filter((frame) => JSON.stringify(frame).includes('"ids"'));
    return changes.filter((frame) => !JSON.stringify(frame).includes('"id":999'));
  }

  /** Replication slots there are. */
  async slots(): Promise<unknown[]> {
    return [...await this.#sql`select slot_name from pg_replication_slots`];
  }
}
