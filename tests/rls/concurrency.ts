/**
 * Fifty users at once through stock clients: reads, writes and function calls, interleaved. Everything a user gets must
 * be that user's, and what migrations revoked must still be revoked when the stack has served it all.
 */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { seeded } from "../../lib/kernel/seeded.ts";
import assert from "node:assert/strict";
import { client, PASSWORD } from "../../supabase/embedded/auth_testing.ts";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";

export interface ConcurrencySize {
  seed: number;
  users: number;
  requests: number;
}

/** What came of it; the first three must be empty. */
export interface ConcurrencyReport {
  /** Rows of somebody else in an answer, or a refusal that was none: up to 10 descriptions. */
  foreign: string[];
  errors: string[];
  /** Grants that were other after than before. */
  grantsChanged: string[];
  requests: number;
  refusals: number;
  seconds: number;
}

interface User {
  index: number;
  id: string;
  supabase: SupabaseClient;
  /** Names of everybody else stand in no answer: each user's own is "mark<index>x". */
  mark: string;
  deviceId: string;
  notifications: number;
}

type Act = { name: string; refused: boolean; run: (user: User, other: User) => PromiseLike<Answer> };
interface Answer {
  data: unknown;
  error: { message: string; code?: string } | null;
}

const NOTIFICATIONS = 5;
const FOUND_MAX = 10;
const REQUESTS_PER_USER_AT_ONCE = 1;
const MARK = /mark\d+x/g;

/** What users do. Each may be asked for what is another's, and must then be refused or get nothing. */
const ACTS: Act[] = [
  { name: "read devices", refused: false, run: ({ supabase }) => supabase.from("devices").select() },
  {
    name: "read notifications",
    refused: false,
    run: ({ supabase }) => supabase.from("notifications").select().order("id", { ascending: false }).limit(50),
  },
  { name: "read the profile", refused: false, run: ({ supabase }) => supabase.from("profiles").select() },
  {
    name: "read another's profile",
    refused: false,
    run: ({ supabase }, other) => supabase.from("profiles").select().eq("id", other.id),
  },
  { name: "my_account()", refused: false, run: ({ supabase }) => supabase.rpc("my_account") },
  { name: "my_devices()", refused: false, run: ({ supabase }) => supabase.rpc("my_devices") },
  {
    name: "update_profile()",
    refused: false,
    run: ({ supabase, mark }) => supabase.rpc("update_profile", { p_changes: { username: mark, theme: "light" } }),
  },
  {
    name: "read_notifications()",
    refused: false,
    run: ({ supabase }) => supabase.rpc("read_notifications", { p_before: "ffffffff-ffff-ffff-ffff-ffffffffffff" }),
  },
  {
    name: "revoke_device() of another's device",
    refused: true,
    run: ({ supabase }, other) =>
      supabase.rpc("revoke_device", { p_device_id: other.deviceId, p_client_id: crypto.randomUUID() }),
  },
  {
    name: "update another's profile",
    refused: true,
    run: ({ supabase, mark }, other) => supabase.from("profiles").update({ username: mark }).eq("id", other.id),
  },
  {
    name: "insert a notification",
    refused: true,
    run: ({ supabase, mark }, other) =>
      supabase.from("notifications").insert({ user_id: other.id, kind: "x", data: { mark } }),
  },
  {
    name: "delete another's devices",
    refused: true,
    run: ({ supabase }, other) => supabase.from("devices").delete().eq("user_id", other.id),
  },
  { name: "read the audit log", refused: true, run: ({ supabase }) => supabase.from("audit_log").select() },
  { name: "audit_page()", refused: true, run: ({ supabase }) => supabase.rpc("audit_page") },
];

/** Runs `size.requests` requests of `size.users` users, all users at once; `say` hears of its progress. */
export async function runConcurrency(
  stack: TestSupabase,
  { seed, users: userCount, requests }: ConcurrencySize,
  say: (line: string) => void = () => {},
): Promise<ConcurrencyReport> {
  const users = await makeUsers(stack, userCount);
  const grantsBefore = await grantsOf(stack);
  const random = seeded(seed);
  const report = { foreign: [] as string[], errors: [] as string[], refusals: 0 };
  let left = requests;
  const startedAt = performance.now();
  const work = async (user: User) => {
    while (left-- > 0) {
      const act = ACTS[Math.floor(random() * ACTS.length)];
      const other = users[(user.index + 1 + Math.floor(random() * (users.length - 1))) % users.length];
      if (act === undefined || other === undefined) throw new Error("There is always somebody with something to do");
      if (left % 2_000 === 0) say(`${requests - left} requests`);
      judge(act, user, await act.run(user, other), report);
    }
  };
  await Promise.all(users.flatMap((user) => Array.from({ length: REQUESTS_PER_USER_AT_ONCE }, () => work(user))));
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await grantsOf(stack);
  const grantsChanged = [
    ...after.filter((grant) => !grantsBefore.includes(grant)).map((grant) => `+ ${grant}`),
    ...grantsBefore.filter((grant) => !after.includes(grant)).map((grant) => `- ${grant}`),
  ];
  await assertNothingMoved(stack, users);
  return { ...report, grantsChanged, requests, seconds };
}

function judge(
  act: Act,
  user: User,
  { data, error }: Answer,
  report: { foreign: string[]; errors: string[]; refusals: number },
): void {
  const text = JSON.stringify([data, error]);
  const strangers = (text.match(MARK) ?? []).filter((mark) => mark !== user.mark);
  const note = (list: string[], what: string) =>
    list.length < FOUND_MAX && list.push(`${user.mark}: ${act.name}: ${what}`);
  if (strangers.length > 0) note(report.foreign, strangers.join());
  if (act.refused) {
    report.refusals++;
    if (error === null) note(report.foreign, `was not refused: ${text}`);
    else if (error.code !== "42501" && error.message !== "not_found") note(report.errors, error.message);
  } else if (error !== null) {
    note(report.errors, error.message);
  } else if (act.name === "read devices" && (data as unknown[]).length !== 1) {
    note(report.foreign, `${(data as unknown[]).length} devices`);
  } else if (act.name === "read notifications" && (data as unknown[]).length !== user.notifications) {
    note(report.foreign, `${(data as unknown[]).length} notifications`);
  } else if (act.name === "read another's profile" && (data as unknown[]).length !== 0) {
    note(report.foreign, "saw a profile");
  }
}

async function makeUsers(stack: TestSupabase, count: number): Promise<User[]> {
  const users: User[] = [];
  const make = async (index: number) => {
    const email = `user${index}@concurrency.test`;
    const { data, error } = await client(stack).auth.signUp({ email, password: PASSWORD });
    assert.equal(error, null);
    const token = data.session?.access_token ?? "";
    const supabase = createClient(stack.url, stack.publishableKey, { accessToken: () => Promise.resolve(token) });
    const mark = `mark${index}x`;
    const named = await supabase.rpc("update_profile", { p_changes: { username: mark } });
    assert.equal(named.error, null);
    const fingerprint = index.toString(16).padStart(64, "0");
    const touched = await supabase.rpc("touch_device", { p_fingerprint: fingerprint, p_name: mark });
    assert.equal(touched.error, null);
    const id = data.user?.id ?? "";
    await stack.sql`select private.notify_user(${id}, 'test', ${stack.sql.json({ mark })})
      from generate_series(1, ${NOTIFICATIONS})`;
    users[index] = { index, id, supabase, mark, deviceId: touched.data.device_id, notifications: NOTIFICATIONS };
  };
  // A few at a time: each sign-up hashes a password.
  for (let index = 0; index < count; index += 5) {
    await Promise.all(Array.from({ length: Math.min(5, count - index) }, (_, n) => make(index + n)));
  }
  return users;
}

/** Everybody's rows are where they were: a write that strayed would show here even if no answer told of it. */
async function assertNothingMoved({ sql }: TestSupabase, users: readonly User[]): Promise<void> {
  const rows = await sql`
    select p.id, p.username, (select array_agg(d.name) from public.devices d where d.user_id = p.id) as devices,
      (select count(*)::integer from public.notifications n where n.user_id = p.id and n.data ->> 'mark' = p.username) as own,
      (select count(*)::integer from public.notifications n where n.user_id = p.id) as notifications
    from public.profiles p where p.id = any(${users.map((user) => user.id)})`;
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const { id, mark } of users) {
    const { username, devices, own, notifications } = found.get(id) ?? {};
    assert.deepEqual([username, devices, own, notifications], [mark, [mark], NOTIFICATIONS, NOTIFICATIONS], mark);
  }
}

/** Every grant on what the API could reach, default privileges included, and whether row security is on. */
async function grantsOf({ sql }: TestSupabase): Promise<string[]> {
  const rows = await sql<{ grant: string }[]>`
    select format('%s %s.%s %s rls=%s', c.relkind, n.nspname, c.relname, coalesce(c.relacl::text, 'default'), c.relrowsecurity) as grant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private', 'auth', 'realtime') and c.relkind in ('r', 'p', 'v', 'm', 'S')
    union all
    select format('function %s %s', p.oid::regprocedure, coalesce(p.proacl::text, 'default'))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'private', 'auth', 'realtime')
    union all
    select format('default %s %s %s', d.defaclnamespace::regnamespace, d.defaclobjtype, d.defaclacl) from pg_default_acl d
    union all
    select format('schema %s %s', n.nspname, n.nspacl) from pg_namespace n where n.nspname !~ '^pg_(temp|toast)'
    union all
    select format('policy %s %s %s %s %s', p.schemaname, p.tablename, p.policyname, p.roles, p.qual) from pg_policies p
    order by 1`;
  return rows.map((row) => row.grant);
}
