/**
 * `deno task dev`: a whole Outcry on this machine. Embedded Supabase runs in this process; the simulator,
 * the worker and the web run as processes of their own and are started again when they die.
 */
import { fileURLToPath } from "node:url";
import { clearPids, openDataFolder } from "./data_folder.ts";
import { watchLauncher } from "./launcher.ts";
import { parseDevSettings, StartRefusal } from "./settings.ts";
import { startStack } from "./stack.ts";

/** From the first signal to the last process gone. */
const STOP_MAX_ms = 5_000;

const root = fileURLToPath(new URL("../../", import.meta.url));
const say = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

async function main(): Promise<void> {
  const settings = parseDevSettings(Deno.env.toObject());
  const release = await openDataFolder(settings.dataDir, say);

  const stop = new AbortController();
  const stopped = new Promise<null>((resolve) => stop.signal.addEventListener("abort", () => resolve(null)));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(name, () => stop.abort());
  const unwatch = Deno.env.has("OUTCRY_TASK") ? watchLauncher(() => stop.abort()) : () => {};

  const starting = startStack(root, settings, say, stop.signal);
  const ready = await Promise.race([starting, stopped]);
  let exitCode = 0;
  if (ready) {
    say(`Outcry is ready: ${ready.webUrl}`);
    if (await Promise.race([stopped, ready.databaseEnded.then(() => "ended")]) === "ended") {
      say(`PostgreSQL ended by itself: stopping (its log is in ${settings.dataDir}/logs). Start again to go on`);
      exitCode = 1;
      stop.abort();
    }
  }
  await stopped;
  setTimeout(() => Deno.exit(1), STOP_MAX_ms);
  unwatch();
  const stack = await starting.catch(() => null);
  await stack?.stop();
  await clearPids(settings.dataDir);
  release();
  Deno.exit(exitCode);
}

try {
  await main();
} catch (error) {
  const known = error instanceof StartRefusal || (error instanceof Error && error.name === "StartError");
  say(known ? (error as Error).message : `Cannot start: ${error instanceof Error ? error.stack : String(error)}`);
  Deno.exit(1);
}
