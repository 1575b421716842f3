import type postgres from "postgres";

const OURS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

/** Rights in an order of their own: theirs depends on how often a script ran. */
function sorted(rights: string): string {
  return `(select array_agg(one::text order by one::text) from unnest(${rights}) one)`;
}

/** Queries whose single column says in text what a database consists of. */
const PARTS: Readonly<Record<string, string>> = {
  schemas: `select concat_ws(' ', nspname, ${sorted("nspacl")}) from pg_namespace n where ${OURS}`,
  relations: `select concat_ws(' ', n.nspname, relname, relkind, relrowsecurity, relforcerowsecurity, relreplident,
    ${sorted("relacl")}, reloptions, pg_get_expr(relpartbound, c.oid), pg_get_partkeydef(c.oid), pg_get_viewdef(c.oid),
    obj_description(c.oid))
    from pg_class c join pg_namespace n on n.oid = relnamespace where ${OURS}`,
  columns: `select concat_ws(' ', n.nspname, relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull,
    attgenerated, attidentity, ${sorted("attacl")}, pg_get_expr(adbin, adrelid))
    from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
      left join pg_attrdef d on adrelid = attrelid and adnum = attnum
    where ${OURS} and attnum > 0`,
  constraints: `select concat_ws(' ', n.nspname, conrelid::regclass, conname, pg_get_constraintdef(k.oid))
    from pg_constraint k join pg_namespace n on n.oid = connamespace where ${OURS}`,
  indexes: "select indexdef from pg_indexes n where schemaname !~ '^pg_'",
  functions: `select concat_ws(' ', pg_get_functiondef(p.oid), ${
    sorted("proacl")
  }, proowner::regrole, obj_description(p.oid))
    from pg_proc p join pg_namespace n on n.oid = pronamespace where ${OURS} and prokind in ('f', 'p')`,
  types:
    `select concat_ws(' ', n.nspname, typname, enumlabel) from pg_type t join pg_namespace n on n.oid = typnamespace
      left join pg_enum e on enumtypid = t.oid where ${OURS}`,
  policies: "select p::text from pg_policies p",
  triggers: "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
  "event triggers": "select concat_ws(' ', evtname, evtevent, evtfoid::regproc, evtenabled) from pg_event_trigger",
  publications: "select concat_ws(' ', pubname, puballtables, pubinsert, pubupdate, pubdelete) from pg_publication",
  roles: `select concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
    rolbypassrls, rolpassword is not null) from pg_authid`,
  members: "select concat_ws(' ', roleid::regrole, member::regrole, inherit_option, set_option) from pg_auth_members",
  settings: "select concat_ws(' ', setdatabase, setrole::regrole, setconfig) from pg_db_role_setting",
  "default rights": `select concat_ws(' ', defaclrole::regrole, nspname, defaclobjtype, ${
    sorted("defaclacl")
  }) from pg_default_acl
    left join pg_namespace n on n.oid = defaclnamespace`,
  extensions: "select concat_ws(' ', extname, extversion, extnamespace::regnamespace) from pg_extension",
};

/** What a database consists of and holds, in text that is the same for equal databases made at different times. */
export async function databaseSnapshot(sql: postgres.Sql): Promise<Record<string, string[]>> {
  const snapshot: Record<string, string[]> = {};
  for (const [name, query] of Object.entries(PARTS)) {
    snapshot[name] = (await sql.unsafe(query).values()).map(([text]) => String(text)).toSorted();
  }
  snapshot.rows = await rowsOf(sql);
  return snapshot;
}

async function rowsOf(sql: postgres.Sql): Promise<string[]> {
  const tables = await sql<{ name: string; varying: string[] }[]>`
    select format('%I.%I', n.nspname, relname) as name,
      array(select attname::text from pg_attribute where attrelid = c.oid
        -- What migrations write to the audit log is named by the time they ran at.
        and (atttypid = 'timestamptz'::regtype or relname ~ '^audit_log_' and attname = 'id')) as varying
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  const rows: string[] = [];
  for (const { name, varying } of tables) {
    const found = await sql.unsafe(`select (to_jsonb(t) - $1::text[])::text as row from ${name} t`, [varying]);
    rows.push(...found.map(({ row }) => `${name} ${row}`));
  }
  return rows.toSorted();
}
