import { join } from "node:path";
import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError } from "../errors.ts";

/** How long a left-over server may take to stop by itself before it is killed. */
const ORPHAN_STOP_MS_MAX = 3_000;
const POLL_MS = 20;

/**
 * Ends a PostgreSQL that a killed parent left running on `pgData`, and clears its traces.
 * The caller holds the data folder's lock, so no living stack owns it.
 */
export async function stopOrphan(pgData: string, logger: Logger): Promise<void> {
  const pidFile = join(pgData, "postmaster.pid");
  const postmaster = await readPid(pidFile);
  if (postmaster === undefined) return;
  const left = await serverProcesses(pgData, postmaster);
  if (left.length > 0) {
    logger.warn("A PostgreSQL was left running on this data folder: stopping it", { pid: postmaster });
    await stop(pgData, postmaster, left);
  }
  // Stale: its number may since belong to another program, which would keep PostgreSQL from starting.
  await Deno.remove(pidFile).catch(ignoreMissing);
}

async function stop(pgData: string, postmaster: number, left: number[]): Promise<void> {
  signal(left.includes(postmaster) ? postmaster : left[0] as number, "SIGINT");
  for (let waited_ms = 0; waited_ms < ORPHAN_STOP_MS_MAX; waited_ms += POLL_MS) {
    if ((await serverProcesses(pgData, postmaster)).length === 0) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  for (const pid of await serverProcesses(pgData, postmaster)) signal(pid, "SIGKILL");
  for (let waited_ms = 0; waited_ms < ORPHAN_STOP_MS_MAX; waited_ms += POLL_MS) {
    if ((await serverProcesses(pgData, postmaster)).length === 0) return;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  throw new StartError(`A PostgreSQL left on "${pgData}" does not stop: end process ${postmaster} and start again`);
}

/** Processes that serve `pgData`: on Linux those whose working folder it is (a dead postmaster's children too). */
async function serverProcesses(pgData: string, postmaster: number): Promise<number[]> {
  if (Deno.build.os === "linux") {
    const found: number[] = [];
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (await Deno.readLink(`/proc/${name}/cwd`) === pgData) found.push(Number(name));
      } catch {
        // Gone meanwhile, or somebody else's.
      }
    }
    return found;
  }
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "command=", "-p", String(postmaster)] }).output();
  return new TextDecoder().decode(stdout).includes(pgData) ? [postmaster] : [];
}

async function readPid(path: string): Promise<number | undefined> {
  try {
    const pid = Number((await Deno.readTextFile(path)).split("\n", 1)[0]);
    return Number.isInteger(pid) && pid > 1 ? pid : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
