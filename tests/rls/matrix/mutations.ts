import type postgres from "postgres";
import type { Catalogue } from "./attempts.ts";

/** A way to weaken the database, and the objects whose attempts notice it soonest. */
export interface Mutation {
  name: string;
  sql: string;
  objects: string[];
}

/** A mutation that changes nothing anybody could notice, and why. */
interface Equivalent {
  signature: string;
  /** Text around what is replaced; every guard in it is meant, wherever in the function it stands. */
  guard: string;
  why: string;
}

const HOOK = "only Supabase Auth's hooks call it, which tests beside them try";
const EQUIVALENT: Equivalent[] = [
  {
    signature: "public.tip(uuid,uuid,text,text)",
    guard: "t.from_user = v_user_id",
    why: "of the day's limit: it counts and shows nothing, and room_tips_test tries it",
  },
  {
    signature: "public.tip(uuid,uuid,text,text)",
    guard: "private.require_aal2()",
    why: "nobody here has money enough to be asked; room_tips_test has",
  },
  {
    signature: "private.export_my_money(uuid)",
    guard: "select distinct l.pool_id from public.pool_lots l where l.investor_id = p_user_id",
    why: "the lots it is joined with are the caller's own",
  },
  {
    signature: "private.require_payee(uuid)",
    guard: "j.user_id = p_user_id",
    why: "without it nobody is paid while anybody leaves: a refusal, which shows nothing",
  },
  {
    signature: "private.session_is_live()",
    guard: "s.user_id = (select auth.uid())",
    why: "a token's session and its user are signed together",
  },
  { signature: "private.require_aal2(interval)", guard: "private.require_user()", why: "those who call it ask first" },
  {
    signature: "private.make_recovery_codes(uuid)",
    guard: "private.require_user()",
    why: "require_aal2() asks for a live session, too",
  },
  {
    signature: "public.my_account()",
    guard: "private.require_user()",
    why: "my_devices(), of which it is made, asks, too",
  },
  {
    signature: "private.use_recovery_code(text)",
    guard: "user_id = v_user_id and code_hash = private.recovery_hash(v_user_id, p_code)",
    why: "a code's hash is made with its user's id",
  },
  {
    signature: "private.touch_device(text,text)",
    guard: "exists (select 1 from public.devices d where d.user_id = v_user_id)",
    why: "whether it is the first device decides about a notice alone",
  },
  {
    signature: "private.tell_of_sign_in_change(uuid,text,jsonb)",
    guard: "u.id = p_user_id",
    why: "it decides whether the account is old enough for news; who hears them is p_user_id",
  },
  {
    signature: "private.watch(text[],uuid)",
    guard: "w.user_id = v_user_id",
    why: "of the limit: it counts and shows nothing",
  },
  {
    signature: "public.finish_sign_in(text)",
    guard: "select 1 from private.known_places k where k.user_id = v_user_id",
    why: "whether the place is known decides about the caller's own counts alone",
  },
  {
    signature: "public.finish_sign_in(text)",
    guard: "f.user_id = v_user_id",
    why: "whether there is a second factor decides about the caller's own places alone",
  },
  {
    signature: "public.finish_sign_in(text)",
    guard: "select k.place from private.known_places k where k.user_id = v_user_id",
    why: "the deletion around it keeps to the caller's rows",
  },
  {
    signature: "private.keep_deposit()",
    guard: "new.user_id = auth.uid()",
    why: "functions start their caller's own alone, and table editors are tried beside them",
  },
  {
    signature: "private.require_room(uuid,text)",
    guard: "private.require_user()",
    why: "those who write ask first",
  },
  {
    signature: "private.note_viewer(streams,uuid)",
    guard: "p_stream.streamer_id = v_user_id",
    why: "whether a streamer is a viewer decides about a number alone",
  },
  {
    signature: "private.note_viewer(streams,uuid)",
    guard: "select count(*) from public.stream_viewers v where v.user_id = v_user_id",
    why: "of the limit: it counts and shows nothing",
  },
  {
    signature: "public.follow(uuid,boolean)",
    guard: "f.streamer_id = p_user_id and f.follower_id",
    why: "the deletion keeps to the caller's rows",
  },
  {
    signature: "public.follow(uuid,boolean)",
    guard: "select count(*) from public.stream_follows f where f.follower_id = v_user_id",
    why: "of the limit: it counts and shows nothing",
  },
  {
    signature: "private.require_room(uuid,text)",
    guard: "private.require_user()",
    why: "tip(), which alone writes by it, asks first",
  },
  {
    signature: "public.send_message(uuid,uuid,text,text)",
    guard: "f.follower_id = v_user_id",
    why: "no room here is its followers' alone; the tests of chat have one",
  },
  { signature: "private.judge_attempt(text,text,uuid,boolean)", guard: "p_user_id", why: HOOK },
  { signature: "private.use_pass(uuid,text)", guard: "p_user_id", why: HOOK },
];

const TENANT_ROLES = ["anon", "authenticated"] as const;
const VERBS = ["select", "insert", "update", "delete"] as const;

/** Every mutation of what is there: policies, grants, guards of functions, and the guards' own conditions. */
export async function mutationsOf(sql: postgres.Sql, catalogue: Catalogue): Promise<Mutation[]> {
  return [
    ...await policyMutations(sql),
    ANY_TOPIC,
    ...tableMutations(catalogue),
    ...await grantMutations(sql),
    ...await functionMutations(sql),
    ...await conditionMutations(sql),
  ];
}

/** A policy that lets the reader of one open topic see all topics' messages. */
const ANY_TOPIC: Mutation = {
  name: "an open topic shows every topic's messages",
  sql: `alter policy "Callers read the topics open to them" on realtime.messages
    using (extension = 'broadcast' and coalesce((select private.can_read_topic((select realtime.topic()))), false))`,
  objects: ["realtime.messages"],
};

/** Each policy dropped, opened wide, made void by switching its table's security off, and joined by a careless one. */
async function policyMutations(sql: postgres.Sql): Promise<Mutation[]> {
  const policies = await sql<{ table: string; name: string; using: boolean; object: string }[]>`
    select format('%I.%I', schemaname, tablename) as table, quote_ident(policyname) as name, qual is not null as using,
      schemaname || '.' || tablename as object
    from pg_policies where schemaname in ('public', 'private', 'realtime') order by 1, 2`;
  return policies.flatMap(({ table, name, object }): Mutation[] => [
    { name: `drop policy ${name} on ${table}`, sql: `drop policy ${name} on ${table}`, objects: [object] },
    {
      name: `policy ${name} on ${table} using (true)`,
      sql: `alter policy ${name} on ${table} using (true)`,
      objects: [object],
    },
    { name: `no row security on ${table}`, sql: `alter table ${table} disable row level security`, objects: [object] },
    {
      name: `a careless policy beside ${name} on ${table}`,
      sql: `create policy careless on ${table} for all to anon, authenticated using (true) with check (true)`,
      objects: [object],
    },
  ]);
}

/** Each table granted to each role, with its row security off; on top of the policies' tests these need both. */
function tableMutations({ tables }: Catalogue): Mutation[] {
  // Months of the audit log are made alike: one stands for all.
  const months = tables.filter(({ schema, name }) => schema === "private" && /^audit_log_\d/.test(name)).slice(1);
  return tables.filter((table) => table.schema !== "realtime" && !months.includes(table)).flatMap(
    ({ schema, name }) => {
      const table = `${schema}.${JSON.stringify(name)}`;
      return [...TENANT_ROLES, "service_role"].flatMap((role) =>
        VERBS.map((verb): Mutation => ({
          name: `grant ${verb} on ${table} to ${role}, without row security`,
          sql: `alter table ${table} disable row level security; grant ${verb} on ${table} to ${role}`,
          objects: [`${schema}.${name}`],
        }))
      );
    },
  ).filter(({ name }) => !/^grant select on public\."(devices|notifications|profiles)" to authenticated/.test(name));
}

/** Each function a role may not execute, granted to that role. */
async function grantMutations(sql: postgres.Sql): Promise<Mutation[]> {
  const closed = await sql<{ function: string; object: string; role: string }[]>`
    select p.oid::regprocedure::text as function, r.role,
      n.nspname || '.' || p.proname || '(' || coalesce((select string_agg(t::regtype::text, ',' order by place)
        from unnest(p.proargtypes) with ordinality as a(t, place)), '') || ')' as object
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join unnest(array['anon', 'authenticated', 'service_role']) as r(role)
    where n.nspname in ('public', 'private') and not has_function_privilege(r.role, p.oid, 'execute') order by 1, 2`;
  return closed.map(({ function: name, object, role }) => ({
    name: `grant execute on ${object} to ${role}`,
    sql: `grant execute on function ${name} to ${role}`,
    objects: [object],
  }));
}

/** What asks who the caller is, and what keeps a statement to that caller's rows or to the rows asked for. */
const GUARDS = [
  /private\.require_(?:user|admin)\(\)/g,
  /private\.require_(?:aal2|lease|rate)\([^()]*(?:\([^()]*\)[^()]*)*\)/g,
  /\b(?:\w+\.)?\w+ = (?:v_user_id|p_user_id|\(select auth\.uid\(\)\)|auth\.uid\(\))(?:::text)?(?![\w.:])/g,
];

interface Definition {
  object: string;
  definition: string;
}

async function definitionsOf(sql: postgres.Sql): Promise<Definition[]> {
  return await sql<Definition[]>`
    select n.nspname || '.' || p.proname || '(' || coalesce((select string_agg(t::regtype::text, ',' order by place)
        from unnest(p.proargtypes) with ordinality as a(t, place)), '') || ')' as object,
      pg_get_functiondef(p.oid) as definition
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private') and p.prokind = 'f' order by 1`;
}

/** A function with all that call it, however far away: their attempts notice what it does. */
function callersOf(definitions: readonly Definition[]): (object: string) => string[] {
  return (object) => {
    const found = new Set([object]);
    // A set may grow while it is walked.
    for (const each of found) {
      const call = each.slice(0, each.indexOf("(") + 1);
      for (const caller of definitions) if (caller.definition.includes(call)) found.add(caller.object);
    }
    return [...found];
  };
}

/** Each guard of each function, replaced one at a time by what lets everybody through. */
async function functionMutations(sql: postgres.Sql): Promise<Mutation[]> {
  const functions = await definitionsOf(sql);
  const callers = callersOf(functions);
  return functions.flatMap(({ object, definition }) => {
    const bodyAt = definition.search(/^AS \$/m);
    return GUARDS.flatMap((guard) => [...definition.matchAll(guard)]).flatMap((match): Mutation[] => {
      const [text] = match;
      if (match.index < bodyAt) return [];
      if (isEquivalent(object, definition, match.index, text)) return [];
      const line = definition.slice(0, match.index).split("\n").length;
      const sql = definition.slice(0, match.index) + replacementOf(text) + definition.slice(match.index + text.length);
      return [{ name: `${object} line ${line}: ${text}`, sql, objects: callers(object) }];
    });
  });
}

function isEquivalent(object: string, definition: string, at: number, text: string): boolean {
  return EQUIVALENT.filter((each) => each.signature === object).some(({ guard }) => {
    if (text.includes(guard)) return true;
    const start = definition.lastIndexOf(guard, at);
    return start >= 0 && start + guard.length >= at + text.length;
  });
}

function replacementOf(guard: string): string {
  if (/require_(user|admin)/.test(guard)) return "auth.uid()";
  return guard.startsWith("private.") ? "1" : "true";
}

/** Conditions inside what the others rely on: [function, what stands there, what comes instead]. */
const CONDITIONS: [signature: string, from: string, to: string][] = [
  ["private.session_is_live()", "s.id = ((select auth.jwt()) ->> 'session_id')::uuid", "true"],
  ["private.session_is_live()", "(s.not_after is null or s.not_after > now())", "true"],
  ["private.require_user()", "not private.session_is_live()", "false"],
  ["private.is_admin()", "coalesce((select auth.jwt()) -> 'app_metadata' ->> 'role' = 'admin', false)", "true"],
  ["private.is_admin()", "exists (select 1 from public.admins a where a.user_id = (select auth.uid()))", "true"],
  ["private.is_admin()", "and private.session_is_live()", ""],
  ["private.require_admin()", "not private.is_admin()", "false"],
  ["private.require_aal2(interval)", "coalesce(v_jwt ->> 'aal', 'aal1') <> 'aal2' or v_at is null", "false"],
  ["private.require_aal2(interval)", "to_timestamp(v_at) < now() - p_age_max", "false"],
  ["private.can_read_topic(text)", "p_topic = 'user:' || private.live_user()::text", "true"],
  ["private.can_read_topic(text)", "else false", "else true"],
  ["private.live_user()", "private.session_is_live()", "true"],
  ["private.can_read_pool(uuid)", "v_pool.visibility = 'public' and v_pool.opened_at is not null", "true"],
  ["private.can_read_pool(uuid)", "v_pool.visibility = 'public' and", ""],
  ["private.can_read_pool(uuid)", "= 'public' and v_pool.opened_at is not null", "= 'public'"],
  ["private.can_read_pool(uuid)", "private.is_admin()", "true"],
  ["private.can_see_room(streams)", "p_stream.visibility = 'public'", "true"],
  ["private.can_see_room(streams)", "and (m.invited_at is not null or m.moderator_since is not null)", ""],
  ["private.is_banned(uuid)", "m.banned_at is not null", "false"],
  ["private.can_read_room(uuid,integer)", "s.status = 'live'", "true"],
  ["private.can_read_room(uuid,integer)", "s.epoch = p_epoch", "true"],
  ["private.can_read_room(uuid,integer)", "private.can_see_room(s)", "true"],
  ["private.can_read_room(uuid,integer)", "not private.is_banned(s.streamer_id)", "true"],
  ["private.own_stream(uuid)", "v_stream.streamer_id is distinct from auth.uid()", "false"],
  ["private.require_room(uuid,text)", "not private.can_see_room(v_stream)", "false"],
  ["private.require_room(uuid,text)", "private.is_banned(v_stream.streamer_id)", "false"],
  ["private.is_moderator(uuid,uuid)", "m.moderator_since is not null", "true"],
  ["private.require_moderator(uuid,boolean)", "v_stream.streamer_id <> auth.uid()", "false"],
  ["private.require_moderator(uuid,boolean)", "not private.is_moderator(v_stream.streamer_id, auth.uid())", "false"],
  ["private.require_voice(streams,stream_members)", "p_member.muted_until > clock_timestamp()", "false"],
  ["private.lock_subject(streams,uuid)", "p_user_id = p_stream.streamer_id", "false"],
  ["private.hide_message(streams,uuid,boolean)", "m.stream_id = p_stream.id", "true"],
  ["public.report_message(uuid,uuid,text)", "m.stream_id = p_stream_id", "true"],
  ["public.set_room_settings(uuid,jsonb)", "m.stream_id = p_stream_id", "true"],
  ["public.room_viewers(uuid,integer)", "v_viewer is not null", "true"],
  ["public.set_view(uuid,jsonb)", "v_stream.streamer_id <> v_user_id", "false"],
  ["public.post_pool_card(uuid,uuid,uuid)", "p.visibility = 'public'", "true"],
  ["public.post_pool_card(uuid,uuid,uuid)", "not private.is_moderator(v_stream.streamer_id, v_user_id)", "false"],
  [
    "private.watch(text[],uuid)",
    "where public.watches.user_id is null or public.watches.user_id = excluded.user_id",
    "where true",
  ],
  ["private.caller_key()", "'user:' || auth.uid()::text", "null"],
  ["private.require_rate(text,text,numeric)", "auth.role() = 'service_role'", "true"],
  ["public.admin_approve_credit(uuid,uuid)", "v_credit.requested_by = v_admin", "false"],
  ["public.admin_approve_withdrawal(uuid,uuid,integer)", "v_row.user_id = v_admin", "false"],
  ["public.admin_credit_user(uuid,text,text,uuid,text)", "p_user_id = v_admin", "false"],
  ["public.admin_credit_user(uuid,text,text,uuid,text)", "v_sum + v_eur <= v_eur_a_day_max", "true"],
  ["private.require_withdrawable(uuid,text,numeric,uuid)", "v_profile.kyc_status is distinct from 'verified'", "false"],
  ["private.require_withdrawable(uuid,text,numeric,uuid)", "v_sum + v_eur > v_eur_a_day_max", "false"],
  ["public.admin_set_kyc(uuid,text,uuid,text)", "p_user_id = v_admin", "false"],
  ["public.admin_assign_payment(uuid,uuid,uuid,text)", "p_user_id = v_admin", "false"],
  ["public.admin_approve_payment(uuid,integer,uuid)", "v_row.decided_by = v_admin", "false"],
  ["private.decide_payment(uuid,uuid,text,uuid,text)", "v_sum + v_eur <= v_eur_a_day_max", "true"],
  ["private.close_credit(uuid,uuid,text,text)", "v_credit.requested_by = p_admin", "false"],
  ["private.close_credit(uuid,uuid,text,text)", "v_credit.requested_by <> p_admin", "false"],
  ["private.keep_withdrawal()", "old.payout = 'claimed'", "false"],
  ["public.receive_payment(text,text,text)", "is distinct from sha256(", "= sha256("],
  ["public.update_profile(jsonb)", "c.key not in ('username', 'locale', 'time_zone', 'theme')", "false"],
];

/** @throws Error when a condition no longer stands in its function: CONDITIONS must follow the migrations. */
async function conditionMutations(sql: postgres.Sql): Promise<Mutation[]> {
  const callers = callersOf(await definitionsOf(sql));
  return await Promise.all(CONDITIONS.map(async ([signature, from, to]): Promise<Mutation> => {
    const [row] = await sql`select pg_get_functiondef(to_regprocedure(${signature})) as definition`;
    const definition: string = row?.definition ?? "";
    if (!definition.includes(from)) {
      throw new Error(`Cannot weaken ${signature}, for "${from}" is not in it: let CONDITIONS follow the migrations`);
    }
    return {
      name: `${signature}: "${to}" instead of "${from}"`,
      sql: definition.replace(from, () => to),
      objects: [...callers(signature), "realtime.messages"],
    };
  }));
}
