import { getAuthSchemaSql } from "@supabase/lite";
import postgres from "postgres";
import type { Logger } from "../../lib/kernel/log.ts";
import { MIGRATIONS, preparationScripts } from "./database_sources.ts";
import { startError } from "./errors.ts";
import { migrate } from "./migrate.ts";

/** Which database to prepare. */
export interface PrepareOptions {
  /** The superuser's address. */
  dbUrl: string;
  /** What the role "authenticator" will log in with; base64url text. */
  doorPassword: string;
  logger: Logger;
}

/**
 * Gives the database what a hosted project has, then applies our migrations.
 * @throws StartError when a script or a migration fails.
 */
export async function prepareDatabase({ dbUrl, doorPassword, logger }: PrepareOptions): Promise<void> {
  const sql = postgres(dbUrl, {
    max: 1,
    onnotice: () => {},
    // All of it can be done again, so it need not wait for the disk.
    connection: { application_name: "migrations", synchronous_commit: "off" },
  });
  try {
    for (const [name, script] of [["auth schema", getAuthSchemaSql()], ...await preparationScripts()] as const) {
      try {
        await sql.unsafe(script);
      } catch (error) {
        throw startError(`Cannot prepare the database (${name})`, error, "Move the data folder away to start afresh");
      }
    }
    await sql.unsafe(`alter role authenticator password '${doorPassword.replaceAll("'", "''")}'`);
    const applied = await migrate(sql, MIGRATIONS, logger);
    if (applied.length > 0) logger.info("Migrations were applied", { count: applied.length });
  } finally {
    await sql.end({ timeout: 1 });
  }
}
