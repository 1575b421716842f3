/** `deno task bench <name>`: runs one benchmark; its last line is JSON with the ratios and the work done. */
import { bootBench } from "./boot.ts";
import { print } from "./output.ts";
import { fanoutBench } from "./realtime/fanout.ts";

/** What a benchmark found: `ratios` are ours over the peer's or the goal's, larger is better. */
export interface BenchResult {
  bench: string;
  ratios: Record<string, number>;
  work: Record<string, unknown>;
}

const benches: Record<string, () => Promise<BenchResult>> = { boot: bootBench, fanout: fanoutBench };

const bench = benches[Deno.args[0] ?? ""];
if (!bench) {
  print(`Cannot run "${Deno.args[0] ?? ""}": use one of ${Object.keys(benches).join(", ")}`);
  Deno.exit(1);
}
print(JSON.stringify(await bench()));
