import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { StartRefusal } from "./settings.ts";

/** How long leftovers of a killed run get to end before they are killed. */
const LEFTOVER_GRACE_MAX_ms = 2_000;

const pidsSchema = z.object({
  supervisor: z.int().positive(),
  children: z.array(z.object({ pid: z.int().positive(), script: z.string() })),
});

/** The processes of one run, kept on disk so that the next run can clear what a SIGKILL left behind. */
export type RunningPids = z.infer<typeof pidsSchema>;

/**
 * Makes the data folder usable and clears leftovers of an earlier run.
 * @throws StartRefusal when the folder cannot be used or another run uses it.
 */
export async function openDataFolder(dataDir: string, say: (line: string) => void): Promise<void> {
  try {
    await Deno.mkdir(join(dataDir, "logs"), { recursive: true });
    const probe = join(dataDir, ".writable");
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartRefusal(
      `Cannot use the data folder ${dataDir}: ${reason}. Set OUTCRY_DATA to a folder you may write to`,
    );
  }
  await Deno.remove(join(dataDir, "dev.json")).catch(() => {});
  const pids = await readPids(dataDir);
  if (!pids) return;
  if (await runs(pids.supervisor, "tools/dev/main.ts")) {
    throw new StartRefusal(
      `Outcry already runs on ${dataDir} as process ${pids.supervisor}: stop it, or set OUTCRY_DATA and the ports to run another`,
    );
  }
  for (const { pid, script } of pids.children) {
    if (!await runs(pid, script)) continue;
    say(`Ending ${script}, left behind as process ${pid} by an earlier run`);
    await end(pid, script);
  }
}

/** Remembers which processes this run started. */
export function writePids(dataDir: string, pids: RunningPids): void {
  Deno.writeTextFileSync(join(dataDir, "pids.json"), JSON.stringify(pids));
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
}
