import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { migrationScripts } from "./migrate.ts";

/** Where our migrations are. */
export const MIGRATIONS = fileURLToPath(new URL("../migrations/", import.meta.url));

/** What a hosted project has before its first migration, beside the Auth server's own schema. */
const SCRIPTS = ["bootstrap.sql", "mfa.sql", "realtime/schema.sql"];

const PACKAGE = z.object({ version: z.string() });

/** Our scripts that run before the migrations, in order: each one's name and text. */
export async function preparationScripts(): Promise<[string, string][]> {
  return await Promise.all(SCRIPTS.map(async (name): Promise<[string, string]> => {
    return [name, await Deno.readTextFile(new URL(name, import.meta.url))];
  }));
}

/** Everything a prepared database is made from; another list, another database. */
export async function databaseSources(): Promise<[string, string][]> {
  // By its version: loading the package takes longer than copying a database does.
  const lite = dirname(dirname(fileURLToPath(import.meta.resolve("@supabase/lite"))));
  const { version } = PACKAGE.parse(JSON.parse(await Deno.readTextFile(join(lite, "package.json"))));
  return [["@supabase/lite", version], ...await preparationScripts(), ...await migrationScripts(MIGRATIONS)];
}
