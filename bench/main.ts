/** `deno task bench <name>`: runs one benchmark; its last line is JSON with the ratios and the work done. */
import { bootBench } from "./boot.ts";
import { fanoutBench } from "./fanout/run.ts";

/** What a benchmark found: `ratios` are ours over the peer's or the goal's, larger is better. */
export interface BenchResult {
  bench: string;
  ratios: Record<string, number>;
  work: Record<string, unknown>;
}

const benches: Record<string, () => Promise<BenchResult>> = { boot: bootBench, fanout: fanoutBench };

const bench = benches[Deno.args[0] ?? ""];
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
if (!bench) {
  print(`Cannot run "${Deno.args[0] ?? ""}": use one of ${Object.keys(benches).join(", ")}`);
  Deno.exit(1);
}
print(JSON.stringify(await bench()));
