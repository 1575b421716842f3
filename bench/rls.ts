import postgres from "postgres";
import { startTestSupabase } from "../supabase/embedded/testing.ts";
import type { BenchResult } from "./main.ts";
import { print } from "./output.ts";
import { medianOf, round } from "./statistics.ts";

const ROWS = 1_000_000;
const USERS = 10_000;
const PAGE_ROWS = 50;
const ROUNDS = 5;
/** Pages a round and variant, each another user's; a round counts by its median page. */
const PAGES = 400;
const WARM_UP_PAGES = 100;
/** Groups a row of the membership table may be of, and how many of them each user is in. */
const GROUPS = 1_000;
const GROUPS_PER_USER = 10;

/** One way to read a page: as whom, and by which statement. */
interface Variant {
  /** One of its own: a statement that is prepared once would be planned anew whenever the role changes. */
  sql: postgres.Sql;
  role: "authenticated" | "bench_unpoliced";
  query: string;
}

/**
 * What policies cost: a page of 50 rows out of a million, asked by its owner within the transaction that REST makes, as a
 * role the policies are for and as a role that none is for. The filter stands in the query both times, as the product
 * asks for pages; so the ratio is that of the policy alone.
 *
 * `owner` is the product's own table of notifications with its own policy. Of policies that test membership the product
 * has none yet: `membership` measures their agreed shape, `exists` on an indexed table.
 */
export async function rlsBench(): Promise<BenchResult> {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  print(`${ROWS} rows of ${USERS} users are made`);
  await fillNotifications(sql);
  await fillMembership(sql);
  const users = (await sql<{ id: string }[]>`select id from auth.users order by id`).map((user) => user.id);
  const connect = () => postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  const connections = { policed: connect(), unpoliced: connect() };
  try {
    const owner = await compare(
      connections,
      "owner",
      users,
      `
      select id, kind, data, created_at, read_at from public.notifications
      where user_id = $1 order by id desc limit ${PAGE_ROWS}`,
    );
    const membership = await compare(
      connections,
      "membership",
      users,
      `
      select id, user_id, body, created_at from public.bench_messages
      where group_id = (abs(hashtext($1::uuid::text)) % ${GROUPS}) order by id desc limit ${PAGE_ROWS}`,
    );
    const policies = await sql<{ tablename: string; qual: string }[]>`
      select tablename, qual from pg_policies where tablename in ('notifications', 'bench_messages')`;
    return {
      bench: "rls",
      ratios: { owner: owner.ratio, membership: membership.ratio },
      work: {
        rows: ROWS,
        users: USERS,
        page_rows: PAGE_ROWS,
        rounds: ROUNDS,
        pages_a_round: PAGES,
        owner,
        membership,
        policies: Object.fromEntries(policies.map(({ tablename, qual }) => [tablename, qual])),
      },
    };
  } finally {
    await Promise.all([connections.policed.end({ timeout: 1 }), connections.unpoliced.end({ timeout: 1 })]);
  }
}

async function fillNotifications(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (tx) => {
    // Triggers would write a profile and an audit row for each, and keys be checked a million times.
    await tx`set local session_replication_role = replica`;
    await tx`set local synchronous_commit = off`;
    await tx`insert into auth.users (id, email, created_at, updated_at)
      select gen_random_uuid(), 'bench' || n || '@bench.test', now(), now() from generate_series(1, ${USERS}::integer) as n`;
    await tx`insert into public.notifications (id, user_id, kind, data)
      select gen_random_uuid(), u.id, 'bench', '{"n": 1}'
      from generate_series(1, ${ROWS / USERS}::integer) as n cross join auth.users u`;
  });
  await sql`vacuum analyze public.notifications`;
  await sql`vacuum analyze auth.users`;
  // The same grants without the policy: row security stays on, as it does for everybody.
  await sql.unsafe(`
    create role bench_unpoliced nologin bypassrls;
    grant usage on schema public, auth to bench_unpoliced;
    grant select on public.notifications to bench_unpoliced;`);
}

async function fillMembership(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create table public.bench_members (
      group_id integer not null, user_id uuid not null, primary key (group_id, user_id));
    create index bench_members_user_id_idx on public.bench_members (user_id, group_id);
    create table public.bench_messages (
      id bigint generated always as identity primary key, group_id integer not null, user_id uuid not null, body text not null,
      created_at timestamptz not null default now());
    alter table public.bench_members enable row level security;
    alter table public.bench_messages enable row level security;
    create policy "Members see their memberships" on public.bench_members for select to authenticated
      using (user_id = (select auth.uid()));
    create policy "Members read their groups" on public.bench_messages for select to authenticated
      using (exists (select 1 from public.bench_members m
        where m.group_id = bench_messages.group_id and m.user_id = (select auth.uid())));
    grant select on public.bench_members, public.bench_messages to authenticated, bench_unpoliced;
    insert into public.bench_members
      select (abs(hashtext(u.id::text)) % ${GROUPS} + 97 * n) % ${GROUPS}, u.id
      from auth.users u cross join generate_series(0, ${GROUPS_PER_USER - 1}) as n;
    insert into public.bench_messages (group_id, user_id, body)
      select n % ${GROUPS}, gen_random_uuid(), 'A message of usual length, such as people write to each other' from generate_series(1, ${ROWS}) as n;
    create index bench_messages_group_id_idx on public.bench_messages (group_id, id desc);`);
  await sql`vacuum analyze public.bench_members`;
  await sql`vacuum analyze public.bench_messages`;
}

async function compare(
  sql: Record<"policed" | "unpoliced", postgres.Sql>,
  name: string,
  users: readonly string[],
  query: string,
) {
  const policed: Variant = { sql: sql.policed, role: "authenticated", query };
  const unpoliced: Variant = { sql: sql.unpoliced, role: "bench_unpoliced", query };
  const pages = { policed: [] as number[], unpoliced: [] as number[] };
  const ratios: number[] = [];
  let next = 0;
  const user = () => users[(next++ * 7_919) % users.length] ?? "";
  for (let page = 0; page < WARM_UP_PAGES; page++) {
    for (const variant of [policed, unpoliced]) await read(variant, user());
  }
  for (let round = 0; round < ROUNDS; round++) {
    const times = { policed: [] as number[], unpoliced: [] as number[] };
    for (let page = 0; page < PAGES; page++) {
      // By turns, page by page: what else the machine does befalls both.
      const turns = [["policed", policed], ["unpoliced", unpoliced]] as const;
      for (const [key, variant] of page % 2 === 0 ? turns : turns.toReversed()) {
        times[key].push(await read(variant, user()));
      }
    }
    pages.policed.push(medianOf(times.policed));
    pages.unpoliced.push(medianOf(times.unpoliced));
    ratios.push(medianOf(times.unpoliced) / medianOf(times.policed));
  }
  const policed_ms = round3(medianOf(pages.policed));
  const unpoliced_ms = round3(medianOf(pages.unpoliced));
  const result = { ratio: round(medianOf(ratios)), policed_ms, unpoliced_ms };
  print(`${name}: ${policed_ms} ms a page with the policy, ${unpoliced_ms} ms without: ${result.ratio}`);
  return result;
}

/** Milliseconds of one page, in a transaction such as REST makes: role and claims first. */
async function read({ sql, role, query }: Variant, user: string): Promise<number> {
  const claims = JSON.stringify({ sub: user, role: "authenticated" });
  const startedAt = performance.now();
  const [, rows] = await sql.begin((tx) => [
    tx`select set_config('role', ${role}, true), set_config('request.jwt.claims', ${claims}, true)`,
    tx.unsafe(query, [user], { prepare: true }),
  ]);
  const spent_ms = performance.now() - startedAt;
  if (rows?.length !== PAGE_ROWS) {
    throw new Error(`Cannot measure: a page has ${rows?.length} rows instead of ${PAGE_ROWS}`);
  }
  return spent_ms;
}

function round3(value: number): number {
  return round(value, 3);
}
