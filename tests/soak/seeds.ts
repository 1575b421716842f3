import { seeded } from "../../lib/kernel/seeded.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import type { LedgerModelOptions } from "../rls/ledger_model.ts";

const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/**
 * Runs a model of money by `[operations] [seeds] [first seed]` of the command line: by default 100,000 random operations
 * for each of 20 seeds over 20 connections, with backends killed meanwhile. After each seed the ledger is proven. Prints
 * what `run` tells of each; a failing seed names itself, and ends the run.
 */
export async function runSeeds(run: (options: LedgerModelOptions) => Promise<string>): Promise<void> {
  const operations = Number(Deno.args[0] ?? 100_000);
  const seeds = Number(Deno.args[1] ?? 20);
  const first = Number(Deno.args[2] ?? 1);
  await using stack = await startTestSupabase();
  for (let seed = first; seed < first + seeds; seed++) {
    const startedMs = performance.now();
    const options = { dbUrl: stack.dbUrl, random: seeded(seed), operations, connections: 20, kills: 50 };
    const told = await run(options).catch((error) => {
      say(`seed ${seed} failed`);
      throw error;
    });
    const violations = await stack.sql`select * from public.ledger_check()`;
    const took_s = ((performance.now() - startedMs) / 1_000).toFixed(1);
    say(`seed ${seed}: ${operations} operations in ${took_s} s, ${told}${violations.length} violations`);
    if (violations.length > 0) {
      say(JSON.stringify(violations.slice(0, 10)));
      Deno.exit(1);
    }
  }
}
