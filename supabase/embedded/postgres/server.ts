import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError } from "../errors.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { spawnAs } from "./programs.ts";
import { ServerLog } from "./server_log.ts";
import type { ServerUser } from "./server_user.ts";

/** Which server to run, and on what. */
export interface ServerOptions {
  binaries: PostgresBinaries;
  user: ServerUser;
  /** The cluster's folder. */
  pgData: string;
  /** On 127.0.0.1; 0 chooses a free one. */
  port: number;
  /** Settings beside, or instead of, ours. */
  settings?: Readonly<Record<string, string>>;
  logger: Logger;
}

const PORT_TAKEN = /address already in use|could not bind|could not create any TCP/i;
const START_MS_MAX = 20_000;
// Together below the three seconds a stop may take.
const FAST_STOP_MS_MAX = 1_500;
const IMMEDIATE_STOP_MS_MAX = 400;
/** Ports tried when we choose: between choosing one and using it, anybody may take it. */
const PORT_ATTEMPTS_MAX = 5;

/** Named limits and habits of the server; one box, many stacks side by side. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "128MB",
  max_wal_size: "512MB",
  min_wal_size: "32MB",
  wal_level: "logical",
  max_replication_slots: "10",
  max_wal_senders: "10",
  // An abandoned replication slot must not fill the disk.
  max_slot_wal_keep_size: "512MB",
  io_method: "sync",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // Refusals are raised by the thousand, and failed statements may hold what nobody should read.
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_checkpoints: "off",
};

/**
 * Starts the server in the shell's place, and beside it a watchdog on our end of a pipe: when that closes without a
 * line, we were killed, and the server is asked to stop. The watchdog is nobody's child: the server reaps its own.
 */
const WATCHED = 'exec 3<&0 </dev/null; ( ( read -r _ <&3 || kill -INT $$ ) >/dev/null 2>&1 & ); exec 3<&-; exec "$@"';

/** A running PostgreSQL server, our child in a session of its own so that Ctrl-C reaches only us. */
export class PostgresServer {
  /** The port it listens on. */
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #log: ServerLog;
  readonly #dismissed: Promise<void>;
  #stopping = false;

  private constructor(child: Deno.ChildProcess, port: number) {
    this.port = port;
    this.#child = child;
    this.#log = new ServerLog(child.stderr);
    this.#dismissed = child.status.then(() => this.#dismissWatchdog());
  }

  /**
   * Starts the server and waits until it takes connections.
   * @throws StartError with one line saying what to do.
   */
  static async start(options: ServerOptions): Promise<PostgresServer> {
    for (let attempt = 1;; attempt++) {
      const port = options.port || freePort();
      const server = new PostgresServer(launch(options, port), port);
      if (await server.#isReady()) {
        server.#watch(options.logger);
        return server;
      }
      await server.stop();
      const complaint = server.#log.complaint();
      if (options.port === 0 && PORT_TAKEN.test(complaint) && attempt < PORT_ATTEMPTS_MAX) continue;
      throw new StartError(explain(complaint, options.pgData, port));
    }
  }

  /** Resolves when the server has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#child.status.then(() => {});
  }

  /**
   * Ends the server in order, by force after two seconds.
   * @returns whether it ended in order: only then its folder may be copied.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    for (
      const [name, patience_ms] of [
        ["SIGINT", FAST_STOP_MS_MAX],
        ["SIGQUIT", IMMEDIATE_STOP_MS_MAX],
        ["SIGKILL", IMMEDIATE_STOP_MS_MAX],
      ] as const
    ) {
      try {
        this.#child.kill(name);
      } catch {
        // It has ended already.
      }
      if (await within(this.ended.then(() => "ended" as const), patience_ms) === "ended") break;
    }
    await Promise.all([this.#log.closed, this.#dismissed]);
    return (await this.#child.status).success;
  }

  /** Its server's number may soon be another program's. */
  async #dismissWatchdog(): Promise<void> {
    const line = this.#child.stdin.getWriter();
    await line.write(new TextEncoder().encode("\n")).catch(() => {});
    await line.close().catch(() => {});
  }

  async #isReady(): Promise<boolean> {
    const ended = this.ended.then(() => false);
    return await within(Promise.race([this.#log.ready.then(() => true), ended]), START_MS_MAX) ?? false;
  }

  #watch(logger: Logger): void {
    this.#child.status.then(({ code, signal }) => {
      if (!this.#stopping) logger.error("PostgreSQL ended", { code, signal, said: this.#log.complaint() });
    });
  }
}

function launch({ binaries, user, pgData, settings }: ServerOptions, port: number): Deno.ChildProcess {
  const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawnAs(user, "/bin/sh", ["-c", WATCHED, "sh", binaries.postgres, "-D", pgData, "-p", String(port), ...flags]);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function explain(complaint: string, pgData: string, port: number): string {
  if (PORT_TAKEN.test(complaint)) {
    return `Port ${port} is taken: stop what uses it or choose another DB_PORT`;
  }
  return `PostgreSQL does not start on "${pgData}": ${complaint || "no reason given"}. ` +
    "Move that folder away to start afresh, or restore a copy of it";
}

/** What `promise` resolves to, or undefined when that takes longer than `patience_ms`. */
async function within<T>(promise: Promise<T>, patience_ms: number): Promise<T | undefined> {
  let cancel = () => {};
  const timeout = new Promise<undefined>((done) => {
    const timer = setTimeout(done, patience_ms);
    cancel = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
}
