import { join } from "node:path";
import postgres from "postgres";
import type { Logger } from "../../lib/kernel/log.ts";
import { StartError } from "./errors.ts";
import { splitSql } from "./split_sql.ts";

/** One file of `supabase/migrations`. */
interface Migration {
  version: string;
  name: string;
  file: string;
  path: string;
}

// The CLI's own rule; other files are none of its business.
const FILE_NAME = /^(\d+)_(.*)\.sql$/;
const MIGRATION_BYTES_MAX = 5_000_000;
/** One lock for every runner, so that two starts cannot apply one file twice. */
const LOCK_KEY = 7_268_001;

// As CLI 2.117 makes it.
const HISTORY = `
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
`;

/**
 * Applies the migrations in `folder` that the database does not have yet, in order, each in one
 * transaction, and records them in the Supabase CLI's history table.
 * @returns the versions applied now.
 * @throws StartError naming file, statement and line when one fails; what came before it stays.
 */
export async function migrate(sql: postgres.Sql, folder: string, logger: Logger): Promise<string[]> {
  const migrations = await listMigrations(folder);
  const session = await sql.reserve();
  try {
    await session`select pg_advisory_lock(${LOCK_KEY})`;
    await session.unsafe(HISTORY);
    const rows = await session<{ version: string }[]>`select version from supabase_migrations.schema_migrations`;
    const applied = new Set(rows.map((row) => row.version));
    const known = new Set(migrations.map((migration) => migration.version));
    const unknown = [...applied].filter((version) => !known.has(version));
    if (unknown.length > 0) logger.warn("The database holds migrations this code does not have", { unknown });
    const missing = migrations.filter((migration) => !applied.has(migration.version));
    for (const migration of missing) await apply(session, migration);
    return missing.map((migration) => migration.version);
  } finally {
    await session`select pg_advisory_unlock(${LOCK_KEY})`.catch(() => {});
    session.release();
  }
}

/** The migrations in `folder` in order: each file's name and text. */
export async function migrationScripts(folder: string): Promise<[string, string][]> {
  const migrations = await listMigrations(folder);
  return await Promise.all(
    migrations.map(async ({ file, path }) => [file, await Deno.readTextFile(path)] as [string, string]),
  );
}

async function listMigrations(folder: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const [, version, name] = FILE_NAME.exec(entry.name) ?? [];
    if (version === undefined || name === undefined || entry.isDirectory) continue;
    migrations.push({ version, name, file: entry.name, path: join(folder, entry.name) });
  }
  return migrations.sort((a, b) => a.file < b.file ? -1 : 1);
}

async function apply(session: postgres.ReservedSql, migration: Migration): Promise<void> {
  const script = await Deno.readTextFile(migration.path);
  if (script.length > MIGRATION_BYTES_MAX) {
    throw new StartError(`Migration "${migration.file}" is larger than ${MIGRATION_BYTES_MAX} bytes: split it`);
  }
  const statements = splitSql(script);
  await session`begin`;
  try {
    for (const [index, { text, line }] of statements.entries()) {
      try {
        await session.unsafe(text);
      } catch (error) {
        throw new StartError(
          `Migration "${migration.file}" failed at statement ${index + 1} (line ${line}): ${
            describe(error)
          }. Correct the file and start again`,
          { cause: error },
        );
      }
    }
    await session`insert into supabase_migrations.schema_migrations (version, name, statements)
      values (${migration.version}, ${migration.name}, ${statements.map(({ text }) => text)})`;
    await session`commit`;
  } catch (error) {
    await session`rollback`.catch(() => {});
    throw error;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof postgres.PostgresError)) return String(error);
  return [error.message, error.detail, error.hint].filter((part) => part).join("; ");
}
