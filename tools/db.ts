/**
 * `deno task db:types` writes the database's types; `deno task db:advisors` asks Supabase's advisors about it.
 * Both use the Supabase CLI against a running stack ($OUTCRY_DATA/dev.json) or DATABASE_URL.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = "npm:supabase@2.117.0";
const TYPES = "supabase/database.types.ts";
const root = fileURLToPath(new URL("../", import.meta.url));
const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));

const commands: Record<string, (url: string) => Promise<number>> = {
  async types(url) {
    const { code, text } = await supabase(["gen", "types", "typescript", "--db-url", url, "--schema", "public"]);
    if (code === 0) {
      await Deno.writeTextFile(join(root, TYPES), text);
      await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", TYPES], cwd: root }).output();
      write(`Wrote ${TYPES}\n`);
    }
    return code;
  },
  async advisors(url) {
    const { code, text } = await supabase(["db", "advisors", "--db-url", url]);
    write(text);
    return code;
  },
};

const command = commands[Deno.args[0] ?? ""];
const url = Deno.env.get("DATABASE_URL") ?? await devDatabaseUrl();
if (!command || !url) {
  write(
    command
      ? "Cannot find a database: start `deno task dev` first, or set DATABASE_URL\n"
      : `Cannot run "${Deno.args[0] ?? ""}": use one of ${Object.keys(commands).join(", ")}\n`,
  );
  Deno.exit(1);
}
Deno.exit(await command(url));

async function devDatabaseUrl(): Promise<string | null> {
  try {
    const dataDir = Deno.env.get("OUTCRY_DATA") ?? join(root, ".outcry");
    return (JSON.parse(await Deno.readTextFile(join(dataDir, "dev.json"))) as { dbUrl: string }).dbUrl;
  } catch {
    return null;
  }
}

async function supabase(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", CLI, ...args],
    cwd: root,
    stderr: "inherit",
  }).output();
  return { code, text: new TextDecoder().decode(stdout) };
}
