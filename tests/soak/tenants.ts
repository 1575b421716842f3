/** Fifty users and 20,000 requests: `deno run -A tests/soak/tenants.ts [seed]`. Ends with a report as JSON. */
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { runConcurrency } from "../rls/concurrency.ts";

const seed = Number(Deno.args[0] ?? 20_261_120);
const write = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
await using stack = await startTestSupabase();
const report = await runConcurrency(stack, { seed, users: 50, requests: 20_000 }, write);
write(JSON.stringify({ seed, ...report }));
if (report.foreign.length + report.errors.length + report.grantsChanged.length > 0) Deno.exitCode = 1;
