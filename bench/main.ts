/** `deno task bench <name>`: runs one benchmark; its last line is JSON with the ratios and the work done. */
import { bootBench } from "./boot.ts";
import { indicatorsBench } from "./indicators.ts";
import { ingestBench } from "./ingest.ts";
import { print } from "./output.ts";
import { deliveryBench } from "./realtime/delivery.ts";
import { fanoutBench } from "./realtime/fanout.ts";
import { idleBench } from "./realtime/idle.ts";
import { latencyBench } from "./realtime/latency.ts";
import { reauthorizeBench } from "./realtime/reauthorize.ts";
import { recoveryBench } from "./realtime/recovery.ts";
import { replayBench } from "./realtime/replay.ts";
import { rlsBench } from "./rls.ts";
import { roomsBench } from "./rooms.ts";
import { settlementBench } from "./settlement.ts";
import { takeoverBench } from "./takeover.ts";
import { watchersBench } from "./watchers.ts";

/** What a benchmark found: `ratios` are ours over the peer's or the goal's, larger is better. */
export interface BenchResult {
  bench: string;
  ratios: Record<string, number>;
  work: Record<string, unknown>;
}

const benches: Record<string, () => Promise<BenchResult>> = {
  boot: bootBench,
  delivery: deliveryBench,
  fanout: fanoutBench,
  idle: idleBench,
  indicators: indicatorsBench,
  ingest: ingestBench,
  latency: latencyBench,
  reauthorize: reauthorizeBench,
  recovery: recoveryBench,
  replay: replayBench,
  rls: rlsBench,
  rooms: roomsBench,
  settlement: settlementBench,
  takeover: takeoverBench,
  watchers: watchersBench,
};

const bench = benches[Deno.args[0] ?? ""];
if (!bench) {
  print(`Cannot run "${Deno.args[0] ?? ""}": use one of ${Object.keys(benches).join(", ")}`);
  Deno.exit(1);
}
print(JSON.stringify(await bench()));
