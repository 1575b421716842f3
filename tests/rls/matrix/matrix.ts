import type postgres from "postgres";
import { type Attempt } from "./attempts.ts";
import { callersOf, TENANT_NAMES } from "./callers.ts";
import { TABLES } from "./rules.ts";
import type { World } from "./world.ts";

/** A cell that came out otherwise than the rules say. */
export interface Violation {
  caller: string;
  what: string;
  object: string;
  wrong: string;
}

/** Tables beside the product's own whose rows are watched. */
const WATCHED_ELSEWHERE = [
  ...["auth.identities", "auth.mfa_factors", "auth.sessions", "auth.users"],
  ...["private.attempt_counts", "private.known_places", "private.sign_in_passes"],
  "realtime.messages",
];
const UNDO = new Error("undo");

/**
 * The matrix, run in one transaction that never commits: each attempt is undone before the next one, and so is each
 * mutation. It runs inside the database, because thousands of round trips would take minutes.
 */
export class Matrix {
  readonly #tx: postgres.TransactionSql;

  private constructor(tx: postgres.TransactionSql) {
    this.#tx = tx;
  }

  /** Lets `body` use a matrix of these attempts, then undoes everything. */
  static async use(world: World, attempts: readonly Attempt[], body: (matrix: Matrix) => Promise<void>): Promise<void> {
    await world.stack.sql.begin("isolation level repeatable read", async (tx) => {
      await tx.unsafe(SCRIPT);
      await tx`insert into matrix_callers select c.key, c.value ->> 'role', (c.value -> 'claims')::text
        from jsonb_each(${tx.json(callersOf(world) as never)}) as c`;
      await tx`insert into matrix_attempts
        select row_number() over (), a.object, a.caller, a.what, a.statement, a.topic, a.expected,
          a."maySee", a."mustSee", a."mayChange", a.says
        from jsonb_to_recordset(${tx.json({ attempts } as never)} -> 'attempts') as a(
          object text, caller text, what text, statement text, topic text, expected text,
          "maySee" text[], "mustSee" text[], "mayChange" text[], says text)`;
      const tenants = TENANT_NAMES.map((name) => ({ name, marks: world[name].markers }));
      await tx`insert into matrix_tenants select t.name, t.marks
        from jsonb_to_recordset(${tx.json({ tenants } as never)} -> 'tenants') as t(name text, marks text[])`;
      const watched = [
        ...Object.keys(TABLES).filter((name) => TABLES[name] !== "no tenant's").map((name) => `public.${name}`),
        ...WATCHED_ELSEWHERE,
      ];
      await tx`select pg_temp.matrix_watch(${watched})`;
      await body(new Matrix(tx));
      throw UNDO;
    }).catch((error) => {
      if (error !== UNDO) throw error;
    });
  }

  /** Tenants' tables in which a tenant has no row that could leak, as "owner public.devices". */
  async unseeded(): Promise<string[]> {
    const rows = await this.#tx`select t.name || ' ' || w.relation as name from matrix_watched w, matrix_tenants t
      where not jsonb_exists(w.digests, t.name || ' ' || w.relation) order by 1`;
    return rows.map((row) => row.name);
  }

  /** Every violation. */
  async run(): Promise<Violation[]> {
    const [row] = await this.#tx`select pg_temp.matrix_run(null, false, false) as found`;
    return row?.found;
  }

  /** The first violation under a mutation, or null when it survives. Attempts about `objects` come first. */
  async runMutated(mutation: string, objects: readonly string[]): Promise<Violation | null> {
    const [row] = await this.#tx`select pg_temp.matrix_mutate(${mutation}, ${objects as string[]}) as found`;
    return row?.found[0] ?? null;
  }
}

const SCRIPT = `
create temp table matrix_callers (name text, role text, claims text) on commit drop;
create temp table matrix_attempts (
  n integer, object text, caller text, what text, statement text, topic text, expected text,
  may_see text[], must_see text[], may_change text[], says text) on commit drop;
create temp table matrix_tenants (name text, marks text[]) on commit drop;
-- Of each watched table the tables that hold its rows, what digests each tenant's rows in it, and those digests before.
create temp table matrix_watched (relation text, leaves oid[], query text, digests jsonb) on commit drop;

create function pg_temp.matrix_digests(p_query text) returns jsonb language plpgsql as $f$
declare
  v_digests jsonb;
begin
  execute p_query into v_digests;
  return v_digests;
end
$f$;

create function pg_temp.matrix_watch(p_relations text[]) returns void language plpgsql as $f$
begin
  insert into matrix_watched (relation, leaves, query)
  select r, array(select r::regclass::oid union select relid from pg_partition_tree(r::regclass) where isleaf), format(
    'select coalesce(jsonb_object_agg(name, digest), ''{}'') from (%s) as d', (
      select string_agg(format(
        'select %L as name, md5(string_agg(x::text, e''\\n'' order by x::text)) as digest from %s x
          where x::text like any (%L) having count(*) > 0',
        t.name || ' ' || r, r, array(select '%' || m || '%' from unnest(t.marks) as m)), ' union all ')
      from matrix_tenants t))
  from unnest(p_relations) as r where to_regclass(r) is not null;
  update matrix_watched set digests = pg_temp.matrix_digests(query);
end
$f$;

-- How many rows of each watched table this transaction wrote so far, undone ones included: digests are taken of those
-- that were written to.
create function pg_temp.matrix_writes() returns jsonb language sql as $f$
  select jsonb_object_agg(w.relation, (
    select sum(pg_stat_get_xact_tuples_inserted(l) + pg_stat_get_xact_tuples_updated(l) + pg_stat_get_xact_tuples_deleted(l))
    from unnest(w.leaves) as l))
  from matrix_watched w
$f$;

create function pg_temp.matrix_run(p_some text[], p_others boolean, p_stop boolean) returns jsonb language plpgsql as $f$
declare
  v record;
  v_writes jsonb;
  v_writes_now jsonb;
  v_code text;
  v_answer text;
  v_message text;
  v_detail text;
  v_hint text;
  v_seen text[];
  v_changed text[];
  v_wrong text;
  v_found jsonb := '[]';
begin
  v_writes := pg_temp.matrix_writes();
  for v in
    select a.*, c.role, c.claims, substring(a.object from '\\.([^(]+)') as bare_name
    from matrix_attempts a join matrix_callers c on c.name = a.caller
    where case when p_some is null then true when p_others then a.object <> all(p_some) else a.object = any(p_some) end
    order by a.n
  loop
    begin
      v_changed := '{}';
      perform set_config('request.jwt.claims', v.claims, true), set_config('realtime.topic', coalesce(v.topic, ''), true);
      perform set_config('role', v.role, true);
      begin
        execute v.statement into v_answer;
        v_code := 'ok';
      exception when others then
        get stacked diagnostics v_code = returned_sqlstate, v_message = message_text,
          v_detail = pg_exception_detail, v_hint = pg_exception_hint;
        v_answer := concat_ws(' ', v_message, v_detail, v_hint);
        -- Refusals are PT4xx with their code as the message, or PGRST with both in a JSON text.
        v_code := case when v_code like 'PT%' then v_message when v_code = 'PGRST' then v_message::jsonb ->> 'message'
          when v_code <> '42501' then v_code || ' ' || v_message
          -- Refused at the door, not by something behind it.
          when v_message ~ ('^permission denied for [a-z ]+ ' || v.bare_name || '$') then 'denied'
          when v_message ~ '^new row violates row-level security policy' then 'denied by policy'
          else v_message end;
      end;
      perform set_config('role', 'none', true);
      -- What fails leaves nothing behind.
      v_writes_now := case when v_code = 'ok' then pg_temp.matrix_writes() else v_writes end;
      if v_writes_now <> v_writes then
        select coalesce(array_agg(k order by k), '{}') into v_changed
        from (select digests, pg_temp.matrix_digests(query) as now from matrix_watched
          where v_writes -> relation <> v_writes_now -> relation) as w
        cross join jsonb_object_keys(digests || now) as k
        where digests -> k is distinct from now -> k
          and not (k = any(v.may_change) or split_part(k, ' ', 1) = any(v.may_change));
      end if;
      raise exception using errcode = 'MX000';
    exception when sqlstate 'MX000' then null;
    end;
    v_writes := v_writes_now;
    select coalesce(array_agg(t.name order by t.name), '{}') into v_seen from matrix_tenants t
    where v_answer like any (array(select '%' || m || '%' from unnest(t.marks) as m));
    v_wrong := case
      when v_code <> v.expected then format('"%s" instead of "%s"', v_code, v.expected)
      when not v_seen <@ v.may_see then format('saw what is of %s', v_seen)
      when not v_seen @> v.must_see then format('did not see what is of %s', v.must_see)
      when v.says = '' and v_answer <> '' then 'got an answer with rows'
      when strpos(coalesce(v_answer, ''), v.says) = 0 then format('was not told %s', v.says)
      when v_changed <> '{}' then format('changed rows of %s', v_changed) end;
    if v_wrong is not null then
      v_found := v_found || jsonb_build_object('caller', v.caller, 'what', v.what, 'object', v.object, 'wrong', v_wrong);
      exit when p_stop;
    end if;
  end loop;
  return v_found;
end
$f$;

create function pg_temp.matrix_mutate(p_mutation text, p_first text[]) returns jsonb language plpgsql as $f$
declare
  v_found jsonb;
begin
  begin
    execute p_mutation;
    v_found := pg_temp.matrix_run(p_first, false, true);
    if v_found = '[]' then
      v_found := pg_temp.matrix_run(p_first, true, true);
    end if;
    raise exception using errcode = 'MX001';
  exception when sqlstate 'MX001' then null;
  end;
  return v_found;
end
$f$;
`;
