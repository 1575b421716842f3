import { join } from "node:path";
import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError, startError } from "../errors.ts";
import { type PostgresBinaries, preparePostgresBinaries } from "./binaries.ts";
import { stopOrphan } from "./orphan.ts";
import { resolveServerUser, type ServerUser } from "./server_user.ts";
import { ServerLog } from "./server_log.ts";

/** What a cluster needs to know. */
export interface ClusterOptions {
  /** The stack's data folder, absolute and existing; the cluster lives in its folder "postgres". */
  dataDir: string;
  /** On 127.0.0.1; 0 chooses a free one. */
  port: number;
  /** The password of the superuser "postgres". */
  password: string;
  logger: Logger;
}

const PORT_TAKEN = /address already in use|could not bind|could not create any TCP/i;
const MAJOR_VERSION = "18";
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
  shared_buffers: "64MB",
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
export class PostgresCluster {
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
   * Makes the cluster if there is none, ends an orphaned server of it, and starts it.
   * @throws StartError with one line saying what to do.
   */
  static async start(options: ClusterOptions): Promise<PostgresCluster> {
    const binaries = await preparePostgresBinaries();
    const user = await resolveServerUser([binaries.native, options.dataDir], options.logger);
    const pgData = join(options.dataDir, "postgres");
    if (await holdsCluster(pgData)) await stopOrphan(pgData, options.logger);
    else await initialise(binaries, user, pgData, options.password);

    for (let attempt = 1;; attempt++) {
      const port = options.port || freePort();
      const cluster = new PostgresCluster(launch(binaries, user, pgData, port), port);
      if (await cluster.#isReady()) {
        cluster.#watch(options.logger);
        return cluster;
      }
      await cluster.stop();
      const complaint = cluster.#log.complaint();
      if (options.port === 0 && PORT_TAKEN.test(complaint) && attempt < PORT_ATTEMPTS_MAX) continue;
      throw new StartError(explain(complaint, pgData, port));
    }
  }

  /** Resolves when the server has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#child.status.then(() => {});
  }

  /** Ends the server in order, by force after two seconds. */
  async stop(): Promise<void> {
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

async function holdsCluster(pgData: string): Promise<boolean> {
  let version: string;
  try {
    version = (await Deno.readTextFile(join(pgData, "PG_VERSION"))).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw startError(`Cannot read "${pgData}"`, error, "Make it yours or choose another data folder");
    }
    if (!await exists(pgData)) return false;
    throw new StartError(
      `"${pgData}" is not a PostgreSQL data folder: move it away to start afresh, or choose another data folder`,
    );
  }
  if (version === MAJOR_VERSION) return true;
  throw new StartError(
    `"${pgData}" belongs to PostgreSQL ${version}, this is ${MAJOR_VERSION}: move it away to start afresh, or choose another data folder`,
  );
}

/** Makes a cluster beside its final place, so that an interrupted start leaves no half of one. */
async function initialise(
  binaries: PostgresBinaries,
  user: ServerUser,
  pgData: string,
  password: string,
): Promise<void> {
  const fresh = `${pgData}.new`;
  const passwordFile = `${pgData}.password`;
  try {
    await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(fresh, { mode: 0o700 });
    await Deno.remove(passwordFile).catch(ignoreMissing);
    await Deno.writeTextFile(passwordFile, `${password}\n`, { mode: 0o600, createNew: true });
    if (user.owner !== undefined) {
      await Deno.chown(fresh, user.owner.uid, user.owner.gid);
      await Deno.chown(passwordFile, user.owner.uid, user.owner.gid);
    }
    const child = spawn(user, binaries.initdb, [
      `--pgdata=${fresh}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--locale=C",
      "--no-sync",
      "--no-instructions",
    ]);
    await child.stdin.close();
    const said = await new Response(child.stderr).text();
    if (!(await child.status).success) throw new Error(said.trim() || "initdb failed");
    await Deno.rename(fresh, pgData);
  } catch (error) {
    throw startError(`Cannot make a database in "${pgData}"`, error, "Check that the folder is writable and has room");
  } finally {
    await Deno.remove(passwordFile).catch(ignoreMissing);
  }
}

function spawn(user: ServerUser, program: string, args: string[]): Deno.ChildProcess {
  const [command = program, ...rest] = [...user.wrapper, program, ...args];
  return new Deno.Command(command, {
    args: rest,
    clearEnv: true,
    // initdb runs its helpers through a shell.
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...(user.wrapper.length === 0 ? user.owner : undefined),
  }).spawn();
}

function launch(binaries: PostgresBinaries, user: ServerUser, pgData: string, port: number): Deno.ChildProcess {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawn(user, "/bin/sh", [
    "-c",
    WATCHED,
    "sh",
    binaries.postgres,
    "-D",
    pgData,
    "-p",
    String(port),
    ...settings,
  ]);
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

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
