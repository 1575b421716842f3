import { fileURLToPath } from "node:url";
import type { World } from "../lib/market/worker/testing.ts";

const MAIN = fileURLToPath(new URL("../workers/main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../deno.json", import.meta.url));
const EXIT_MS_MAX = 20_000;
/** What is kept of a worker's output. */
const OUTPUT_LENGTH_MAX = 1_000_000;

/** A worker in a process of its own, as a deployment runs it. */
export interface WorkerProcess extends AsyncDisposable {
  pid: number;
  /** Where its monitor listens. */
  port: number;
  /** What it has written to standard output so far. */
  output(): string;
  kill(signal: Deno.Signal): void;
  /** Resolves with the exit code. */
  exited: Promise<number>;
}

/** Starts a worker; disposing of it leaves no process behind, whatever state it is in. */
export function startWorker(env: Record<string, string>): WorkerProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--config", CONFIG, MAIN],
    env,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const read = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output = (output + text).slice(-OUTPUT_LENGTH_MAX);
    }
  })();
  const exited = exitOf(child, read);
  return {
    pid: child.pid,
    port: Number(env.WORKER_PORT),
    output: () => output,
    kill: (signal) => child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await exited;
    },
  };
}

async function exitOf(child: Deno.ChildProcess, read: Promise<void>): Promise<number> {
  const [status] = await Promise.all([child.status, read]);
  return status.code;
}

/** Waits for a worker to end; one that does not is killed, and counts as code -1. */
export async function exitCode(worker: WorkerProcess): Promise<number> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    worker.kill("SIGKILL");
  }, EXIT_MS_MAX);
  const code = await worker.exited;
  clearTimeout(timer);
  return late ? -1 : code;
}

/** Environment of a worker that feeds the world's exchange into its database. */
export function workerEnvironment({ stack, simulator }: World, workerPort: number): Record<string, string> {
  return {
    OUTCRY_MODE: "local",
    SUPABASE_URL: stack.url,
    SUPABASE_SECRET_KEY: stack.secretKey,
    EXCHANGES: "sim",
    WORKER_PORT: String(workerPort),
    SIM_PORT: new URL(simulator.url).port,
  };
}

/** What a worker's monitor says of its feed; status 0 while it does not answer. */
export async function feedHealth(port: number): Promise<{ status: number; live: number; role: string }> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    const body = await response.json();
    return { status: response.status, live: 0, ...body.services.feed.feeds[0] };
  } catch {
    return { status: 0, live: 0, role: "" };
  }
}
