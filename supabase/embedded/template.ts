import { join } from "node:path";
import postgres from "postgres";
import type { Logger } from "../../lib/kernel/log.ts";
import { databaseSources } from "./database_sources.ts";
import type { ClusterTemplate } from "./postgres/new_cluster.ts";
import { TemplateStore } from "./postgres/template_store.ts";
import { randomText } from "./stack_keys.ts";

/** Raised when clusters are made in another way from the same sources. */
const FORMAT = 1;

/** Where templates are kept: OUTCRY_CACHE, or the user's cache folder; undefined where there is none. */
export function templateFolder(env: (name: string) => string | undefined): string | undefined {
  const [own, cache, home] = [env("OUTCRY_CACHE"), env("XDG_CACHE_HOME"), env("HOME")];
  if (own) return join(own, "templates");
  // Relative ones are to be ignored, says the specification of XDG_CACHE_HOME.
  if (cache?.startsWith("/")) return join(cache, "outcry", "templates");
  return home?.startsWith("/") ? join(home, ".cache", "outcry", "templates") : undefined;
}

/**
 * The database as it is before anybody uses it, kept in `folder`. It holds no password, key or mode: those are
 * made for each deployment after the copy.
 */
export async function databaseTemplate(folder: string, logger: Logger): Promise<ClusterTemplate | undefined> {
  const store = await TemplateStore.open(folder, logger);
  if (store === undefined) return undefined;
  const key = JSON.stringify([FORMAT, await databaseSources()]);
  return { key, store, prepare: (dbUrl) => prepare(dbUrl, logger) };
}

async function prepare(dbUrl: string, logger: Logger): Promise<void> {
  const { prepareDatabase } = await import("./prepare_database.ts");
  await prepareDatabase({ dbUrl, doorPassword: randomText(24), logger });
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    // Nobody can log in to a copy until it has been given passwords of its own.
    await sql`alter role authenticator password null`;
    await sql`alter role postgres password null`;
    // What is left of the log is an almost empty segment, which copies in no time.
    await sql`select pg_switch_wal()`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
