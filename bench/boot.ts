import { startDevStack } from "../tests/dev_stack.ts";
import type { BenchResult } from "./main.ts";

const RUNS = 5;
/** The goals: a warm start on two cores, and everything's resident memory together. */
const GOAL_s = 3;
const GOAL_MB = 600;

/** Starts a whole stack from warm caches, on fresh data: seconds to the ready line and resident memory then. */
export async function bootBench(): Promise<BenchResult> {
  const seconds: number[] = [];
  const residentMb: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await using stack = await startDevStack();
    seconds.push((performance.now() - startedAt) / 1000);
    residentMb.push(await residentOf(stack.process.pid));
  }
  const median = { seconds: medianOf(seconds), resident_mb: medianOf(residentMb) };
  return {
    bench: "boot",
    ratios: { seconds: round(GOAL_s / median.seconds), memory: round(GOAL_MB / median.resident_mb) },
    work: { runs: RUNS, ...median, all_seconds: seconds.map(round) },
  };
}

/** Proportional resident memory of a process and everything below it, in MB: pages shared are counted once. */
async function residentOf(root: number): Promise<number> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0));
  }
  const family = new Set([root]);
  for (let found = 0; found !== family.size;) {
    found = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  let kilobytes = 0;
  for (const pid of family) {
    const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`).catch(() => "");
    kilobytes += Number(rollup.match(/^Pss:\s+(\d+)/m)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
