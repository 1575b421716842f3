import { setTimeout as delay } from "node:timers/promises";
import { LogFile } from "./log_file.ts";

/** How one supervised process is started. */
export interface ChildSpec {
  name: string;
  /** Arguments to the Deno executable, from `run` on. */
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** File its output goes to; begun anew when the supervisor starts. */
  logPath: string;
}

/** What a child needs from its supervisor. */
export interface ChildHost {
  say(line: string): void;
  /** Called whenever a process was started, so that its id can be remembered. */
  started(): void;
}

const RESTART_DELAY_FIRST_ms = 200;
const RESTART_DELAY_MAX_ms = 5_000;
/** A process that lived this long has recovered: its next restart is quick again. */
const STABLE_AFTER_ms = 30_000;
/** How long a process may take to end by itself after SIGTERM. */
const TERM_GRACE_MAX_ms = 3_000;

/** A process that is started again whenever it dies, until it is stopped. */
export class SupervisedChild {
  readonly #spec: ChildSpec;
  readonly #host: ChildHost;
  readonly #stop = new AbortController();
  #process: Deno.ChildProcess | null = null;
  #loop: Promise<void> | null = null;
  #restarts = 0;

  constructor(spec: ChildSpec, host: ChildHost) {
    this.#spec = spec;
    this.#host = host;
  }

  /** What the process is called in messages and log names. */
  get name(): string {
    return this.#spec.name;
  }

  /** How many times the process died and was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Its process id while it runs. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Starts the process and keeps it running. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the process: SIGTERM, then SIGKILL when it takes too long. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const child = this.#process;
    if (child) {
      signal(child, "SIGTERM");
      const killer = setTimeout(() => signal(child, "SIGKILL"), TERM_GRACE_MAX_ms);
      await child.status;
      clearTimeout(killer);
    }
    await this.#loop;
  }

  async #run(): Promise<void> {
    let pause = RESTART_DELAY_FIRST_ms;
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      const status = await this.#runOnce();
      if (this.#stop.signal.aborted) return;
      if (performance.now() - startedAt > STABLE_AFTER_ms) pause = RESTART_DELAY_FIRST_ms;
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
      // A Ctrl-C reaches the whole process group: what looked like a crash may be our own end.
      if (this.#stop.signal.aborted) return;
      this.#restarts++;
      const how = status.signal ? `was killed by ${status.signal}` : `ended with exit code ${status.code}`;
      this.#host.say(`The ${this.#spec.name} ${how}: starting it again (its log is ${this.#spec.logPath})`);
      pause = Math.min(pause * 2, RESTART_DELAY_MAX_ms);
    }
  }

  async #runOnce(): Promise<Deno.CommandStatus> {
    const child = new Deno.Command(Deno.execPath(), {
      args: this.#spec.args,
      cwd: this.#spec.cwd,
      env: this.#spec.env,
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = child;
    this.#host.started();
    const log = new LogFile(this.#spec.logPath);
    const [status] = await Promise.all([
      child.status,
      copyToLog(child.stdout, log),
      copyToLog(child.stderr, log),
    ]);
    log.close();
    this.#process = null;
    return status;
  }
}

async function copyToLog(source: ReadableStream<Uint8Array>, log: LogFile): Promise<void> {
  for await (const chunk of source) log.write(chunk);
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    // It ended by itself in the meantime.
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
