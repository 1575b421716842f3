import { generateTypescript, sortGeneratorMetadata } from "@supabase/postgrest-typegen/generation";
import { introspect } from "@supabase/postgrest-typegen/introspection";
import { fileURLToPath } from "node:url";
import postgres from "postgres";

/** Where the generated types are kept. */
export const DATABASE_TYPES_PATH = fileURLToPath(new URL("../lib/kernel/database.ts", import.meta.url));

const BANNER = "// Written by `deno task db:types`; a test fails when it is not what the migrations say.\n";

/**
 * TypeScript of what the API exposes of a database, formatted, by the generator behind `supabase gen types`
 * (whose own command needs Docker).
 * @param url a superuser's connection string.
 */
export async function databaseTypes(url: string): Promise<string> {
  const sql = postgres(url, { max: 1 });
  try {
    // The generator speaks to any driver with pg's query().
    const query = async (text: string, values: unknown[] = []) => ({
      rows: [...await sql.unsafe(text, values as string[])],
    });
    const metadata = sortGeneratorMetadata(await introspect({ query }, { includedSchemas: ["public"] }));
    return await format(BANNER + await generateTypescript(metadata, { postgrestVersion: "14" }));
  } finally {
    await sql.end();
  }
}

async function format(source: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ts", "-"],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}
