import { startDevStack } from "../tests/dev_stack.ts";
import type { BenchResult } from "./main.ts";
import { familyOf, proportionalBytes } from "./processes.ts";
import { medianOf, round } from "./statistics.ts";

const RUNS = 5;
/** The goals: a warm start on two cores, and everything's resident memory together. */
const GOAL_s = 3;
const GOAL_MB = 600;
const BYTES_PER_MB = 1024 * 1024;

/** Starts a whole stack from warm caches, on fresh data: seconds to the ready line and resident memory then. */
export async function bootBench(): Promise<BenchResult> {
  const seconds: number[] = [];
  const residentMb: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await using stack = await startDevStack();
    seconds.push((performance.now() - startedAt) / 1000);
    residentMb.push(await proportionalBytes(await familyOf(stack.process.pid)) / BYTES_PER_MB);
  }
  const median = { seconds: round(medianOf(seconds)), resident_mb: round(medianOf(residentMb)) };
  return {
    bench: "boot",
    ratios: { seconds: round(GOAL_s / median.seconds), memory: round(GOAL_MB / median.resident_mb) },
    work: { runs: RUNS, ...median, all_seconds: seconds.map((each) => round(each)) },
  };
}
