/**
 * `deno task admin grant EMAIL` makes the first administrator: it needs the secret key, from SUPABASE_URL and
 * SUPABASE_SECRET_KEY or from a running stack's $OUTCRY_DATA/dev.json.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@supabase/supabase-js";

interface Stack {
  supabaseUrl: string;
  secretKey: string;
}

const root = fileURLToPath(new URL("../", import.meta.url));
const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

async function main(args: readonly string[]): Promise<number> {
  const [command, email, ...rest] = args;
  if (command !== "grant" || email === undefined || rest.length > 0) {
    write("Cannot run this: use `deno task admin grant EMAIL`");
    return 1;
  }
  const stack = fromEnvironment() ?? await fromDevStack();
  if (stack === null) {
    write("Cannot find a stack: start `deno task dev` first, or set SUPABASE_URL and SUPABASE_SECRET_KEY");
    return 1;
  }
  const client = createClient(stack.supabaseUrl, stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { error } = await client.rpc("grant_admin", { p_email: email });
  if (error) {
    write(`Cannot make ${email} an administrator: ${error.details ?? error.message}`);
    return 1;
  }
  write(`${email} is an administrator from the next token on. /admin asks for an authenticator first.`);
  return 0;
}

function fromEnvironment(): Stack | null {
  const supabaseUrl = Deno.env.get("SUPABASE_URL");
  const secretKey = Deno.env.get("SUPABASE_SECRET_KEY");
  return supabaseUrl && secretKey ? { supabaseUrl, secretKey } : null;
}

async function fromDevStack(): Promise<Stack | null> {
  try {
    const folder = Deno.env.get("OUTCRY_DATA") ?? join(root, ".outcry");
    const { supabaseUrl, secretKey } = JSON.parse(await Deno.readTextFile(join(folder, "dev.json"))) as Stack;
    return { supabaseUrl, secretKey };
  } catch {
    return null;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
