/**
 * `deno task db:types` writes the database's types, by the generator behind `supabase gen types` (the CLI
 * itself would need Docker for it); `deno task db:advisors` asks the CLI's advisors, who keep what is at most worth a
 * thought to themselves unless asked with `--level info`.
 * Both look at a running stack ($OUTCRY_DATA/dev.json) or at DATABASE_URL.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DATABASE_TYPES_PATH, databaseTypes } from "./db_types.ts";

const CLI = "npm:supabase@2.117.0";
const root = fileURLToPath(new URL("../", import.meta.url));
const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));

const commands: Record<string, (url: string) => Promise<number>> = {
  async types(url) {
    await Deno.writeTextFile(DATABASE_TYPES_PATH, await databaseTypes(url));
    write(`Wrote ${DATABASE_TYPES_PATH}\n`);
    return 0;
  },
  async advisors(url) {
    const { code, text } = await supabase(["db", "advisors", "--db-url", url, ...Deno.args.slice(1)]);
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
