import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StartRefusal } from "./settings.ts";

/** How long leftovers of a killed run get to end before they are killed. */
const LEFTOVER_GRACE_MAX_ms = 2_000;
const KILL_POLLS_MAX = 20;

const pidsSchema = z.object({
  supervisor: z.int().positive(),
  children: z.array(z.object({ pid: z.int().positive(), script: z.string() })),
});

/** The processes of one run, kept on disk so that the next run can clear what a SIGKILL left behind. */
export type RunningPids = z.infer<typeof pidsSchema>;

/**
 * Makes the data folder usable, claims it, and clears leftovers of an earlier run.
 * @returns gives the folder up. The claim ends with this process too, however that ends.
 * @throws StartRefusal when the folder cannot be used or another run uses it.
 */
export async function openDataFolder(dataDir: string, say: (line: string) => void): Promise<() => void> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(join(dataDir, "logs"), { recursive: true });
    lock = await Deno.open(join(dataDir, "dev.lock"), { create: true, write: true, mode: 0o600 });
    // Whoever may open a file may still not make one.
    const probe = join(dataDir, ".writable");
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartRefusal(
      `Cannot use the data folder ${dataDir}: ${reason}. Set OUTCRY_DATA to a folder you may write to`,
    );
  }
  const pids = await readPids(dataDir);
  // Before anything is touched: what lies there belongs to whoever holds the lock.
  if (!await lock.tryLock(true)) {
    lock.close();
    const holder = pids === null ? "" : ` as process ${pids.supervisor}`;
    throw new StartRefusal(
      `Outcry already runs on ${dataDir}${holder}: stop it, or set OUTCRY_DATA and the ports to run another`,
    );
  }
  await Deno.remove(join(dataDir, "dev.json")).catch(() => {});
  for (const { pid, script } of pids?.children ?? []) {
    if (!await runs(pid, script)) continue;
    say(`Ending ${script}, left behind as process ${pid} by an earlier run`);
    await end(pid, script);
  }
  return () => lock.close();
}

/** The key by which the web vouches for its callers' addresses, made once for a data folder. */
export async function edgeKeyOf(dataDir: string): Promise<string> {
  const path = join(dataDir, "edge-key");
  const known = await Deno.readTextFile(path).catch(() => "");
  if (known.length >= 32) return known;
  const made = crypto.randomUUID() + crypto.randomUUID();
  await Deno.writeTextFile(path, made, { mode: 0o600 });
  return made;
}

/** Remembers which processes this run started. */
export function writePids(dataDir: string, pids: RunningPids): void {
  const path = join(dataDir, "pids.json");
  // Renamed, so that nobody reads half of it.
  Deno.writeTextFileSync(`${path}.new`, JSON.stringify(pids));
  Deno.renameSync(`${path}.new`, path);
}

/** Forgets them, once all have ended. */
export async function clearPids(dataDir: string): Promise<void> {
  await Deno.remove(join(dataDir, "pids.json")).catch(() => {});
}

async function readPids(dataDir: string): Promise<RunningPids | null> {
  try {
    return pidsSchema.parse(JSON.parse(await Deno.readTextFile(join(dataDir, "pids.json"))));
  } catch {
    return null;
  }
}

/** Whether `pid` still is a process running `script`: ids are reused, so the id alone proves nothing. */
async function runs(pid: number, script: string): Promise<boolean> {
  if (pid === Deno.pid) return false;
  try {
    return (await Deno.readTextFile(`/proc/${pid}/cmdline`)).includes(script);
  } catch {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "command=", "-p", String(pid)] }).output()
      .catch(() => ({ stdout: new Uint8Array() }));
    return new TextDecoder().decode(stdout).includes(script);
  }
}

async function end(pid: number, script: string): Promise<void> {
  Deno.kill(pid, "SIGTERM");
  const deadline = performance.now() + LEFTOVER_GRACE_MAX_ms;
  while (performance.now() < deadline) {
    if (!await runs(pid, script)) return;
    await delay(50);
  }
  Deno.kill(pid, "SIGKILL");
  // Its ports are free only once it is gone.
  for (let tries = 0; tries < KILL_POLLS_MAX && await runs(pid, script); tries++) await delay(50);
}
