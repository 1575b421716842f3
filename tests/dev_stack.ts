import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { until } from "./until.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** A cold, loaded machine needs some of it; a healthy one about three seconds. */
const READY_MAX_ms = 90_000;
const OUTPUT_LENGTH_MAX = 100_000;

/** What `dev.json` tells, per the contract for tools. */
export interface DevJson {
  webUrl: string;
  supabaseUrl: string;
  publishableKey: string;
  secretKey: string;
  dbUrl: string;
  workerUrl: string;
  simUrl: string;
  mailUrl: string;
}

/** A whole Outcry started as a user would, in a process of its own. */
export interface DevStack extends DevJson, AsyncDisposable {
  dataDir: string;
  env: Record<string, string>;
  process: Deno.ChildProcess;
  /** What the process has printed so far. */
  output(): string;
  /** Sends SIGTERM and waits for the end; answers the exit status and how long it took. */
  stop(signal?: Deno.Signal): Promise<{ code: number; took_ms: number }>;
}

/** Ports below those that systems give to outgoing connections, of which other tests have thousands. */
const PORTS = { first: 12_000, count: 20_000 };
const PORT_TRIES_MAX = 100;

/** A port nobody listens on at the moment of asking, and that nobody is given unasked. */
export function freePort(): number {
  for (let i = 0; i < PORT_TRIES_MAX; i++) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`Found no free port in ${PORT_TRIES_MAX} tries`);
}

/** Environment of a stack on free ports with a data folder of its own. */
export function devEnvironment(dataDir: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    PORT: String(freePort()),
    SUPABASE_PORT: String(freePort()),
    DB_PORT: String(freePort()),
    WORKER_PORT: String(freePort()),
    SIM_PORT: String(freePort()),
    OUTCRY_DATA: dataDir,
    NO_COLOR: "1",
    ...extra,
  };
}

/** Makes a data folder that the database's own user can reach. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-test-" });
  await Deno.chmod(dataDir, 0o755);
  return dataDir;
}

/** Starts the supervisor and collects what it prints. */
export function spawnDev(env: Record<string, string>): { process: Deno.ChildProcess; output: () => string } {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tools/dev/main.ts"],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text = (text + chunk).slice(-OUTPUT_LENGTH_MAX);
    }
  };
  collect(process.stdout);
  collect(process.stderr);
  return { process, output: () => text };
}

/** Starts a stack and waits until it says that it is ready. */
export async function startDevStack(
  options: { dataDir?: string; env?: Record<string, string>; keepData?: boolean } = {},
): Promise<DevStack> {
  const dataDir = options.dataDir ?? await makeDataDir();
  const env = devEnvironment(dataDir, options.env);
  const { process, output } = spawnDev(env);
  let ended = false;
  process.status.then(() => ended = true);
  await until(
    () => {
      if (ended) throw new Error(`The stack ended before it was ready: ${output()}`);
      return output().includes("Outcry is ready:");
    },
    () => `the stack is ready. It printed: ${output()}`,
    READY_MAX_ms,
  );
  const stop = async (signal: Deno.Signal = "SIGTERM") => {
    const startedAt = performance.now();
    if (!ended) process.kill(signal);
    const { code } = await process.status;
    return { code, took_ms: performance.now() - startedAt };
  };
  return {
    ...JSON.parse(await Deno.readTextFile(join(dataDir, "dev.json"))) as DevJson,
    dataDir,
    env,
    process,
    output,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      if (!options.keepData) await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** Reads JSON from a URL that must answer 200. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}
