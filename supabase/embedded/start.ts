import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Logger } from "../../lib/kernel/log.ts";
import { Cleanups } from "./cleanups.ts";
import { readConfig } from "./config.ts";
import { openDataDir } from "./data_dir.ts";
import { gatewayError } from "./gateway/answers.ts";
import type { Gateway } from "./gateway/gateway.ts";
import { type DirectHandler, type HttpHandlers, HttpServer } from "./gateway/http_server.ts";
import { startCluster } from "./postgres/cluster.ts";
import { loadKeys } from "./stack_keys.ts";
import { databaseTemplate, templateFolder } from "./template.ts";

/** How to start the embedded stack. */
export interface EmbeddedOptions {
  /** Holds the database and the keys; made if missing. */
  dataDir: string;
  /** The project's address on 127.0.0.1; 0 chooses a free port. */
  port: number;
  /** PostgreSQL's port on 127.0.0.1; 0 chooses a free one. */
  dbPort: number;
  /** Where the web is: people come back there after sign-in. */
  webUrl: string;
  logger: Logger;
  /**
   * "local" has the identity provider, the mail sink and the studio; "production" has none of them.
   * Left out, it is OUTCRY_MODE if that says "production", else local.
   */
  mode?: "local" | "production";
  /**
   * Where copies of a newly made database are kept, so that the next new one need not be made from nothing; null for
   * nowhere. Left out, it is the user's cache folder in local mode, and nowhere in production.
   */
  templates?: string | null;
  /** Whether new addresses must be confirmed; left out, it is config.toml's `enable_confirmations`. */
  confirmations?: boolean;
  /** Hears the address and the keys as soon as they are known: requests sent there wait until the stack has started. */
  announce?(project: ProjectAccess): void;
}

/** How programs reach the project. */
export interface ProjectAccess {
  url: string;
  publishableKey: string;
  secretKey: string;
}

/** A running stack. */
export interface EmbeddedSupabase extends ProjectAccess {
  /** The superuser's connection string. */
  dbUrl: string;
  mailUrl: string;
  identityUrl: string;
  /** Resolves when PostgreSQL has ended, asked to or not: without `stop()` having been called, start again. */
  ended: Promise<void>;
  /** Ends everything within three seconds; safe to call again. */
  stop(): Promise<void>;
}

const CONFIG = new URL("../config.toml", import.meta.url);
/** How long requests that come before the stack has started are kept waiting. */
const HOLD_MS_MAX = 15_000;

/**
 * Starts PostgreSQL, the migrations and the gateway, which serves REST, Auth and Realtime.
 * @throws StartError with one line saying what to do; nothing is left running then.
 */
export async function startEmbeddedSupabase(options: EmbeddedOptions): Promise<EmbeddedSupabase> {
  const cleanups = new Cleanups();
  try {
    return await start(options, cleanups);
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

async function start(options: EmbeddedOptions, cleanups: Cleanups): Promise<EmbeddedSupabase> {
  const { logger } = options;
  const mode = options.mode ?? (Deno.env.get("OUTCRY_MODE") === "production" ? "production" : "local");
  const config = await readConfig(fileURLToPath(CONFIG), (name) => Deno.env.get(name));
  config.auth.email.enable_confirmations = options.confirmations ?? config.auth.email.enable_confirmations;
  const dataDir = await openDataDir(options.dataDir);
  cleanups.add(() => Promise.resolve(dataDir.release()));

  // The door first: a taken port is known before anything is made.
  const door = new Door(cleanups);
  const server = new HttpServer(door, logger);
  const url = `http://127.0.0.1:${await server.listen(options.port)}`;
  cleanups.add(() => server.stop());

  const hasDatabase = await Deno.stat(`${dataDir.path}/postgres/PG_VERSION`).then(() => true, () => false);
  const keys = await loadKeys(dataDir.path, hasDatabase);
  const { publishableKey, secretKey } = keys;
  options.announce?.({ url, publishableKey, secretKey });
  // What the database does not need is loaded while it starts.
  const loading = Promise.all([import("./prepare_database.ts"), import("./services.ts")]);
  loading.catch(() => {});
  const template = hasDatabase ? undefined : await chooseTemplate(options, mode);
  const cluster = await startCluster({
    dataDir: dataDir.path,
    port: options.dbPort,
    password: keys.dbPassword,
    template,
    logger,
  });
  cleanups.add(() => cluster.stop());
  // Stock tools insist on TLS otherwise; the server listens on loopback alone.
  const dbUrl = `postgres://postgres:${keys.dbPassword}@127.0.0.1:${cluster.port}/postgres?sslmode=disable`;
  const [{ prepareDatabase }, { buildGateway }] = await loading;
  await prepareDatabase({ dbUrl, doorPassword: keys.dbPassword, logger });
  const { webUrl } = options;
  door.open(await buildGateway({ logger, webUrl, mode, config, keys, dbUrl, url }, cleanups));
  // No new requests while the services end.
  cleanups.add(() => server.stop());
  return {
    url,
    publishableKey,
    secretKey,
    dbUrl,
    mailUrl: `${url}/local/mail`,
    identityUrl: `${url}/local/identity`,
    ended: cluster.ended,
    stop: () => cleanups.run(),
  };
}

async function chooseTemplate({ templates, logger }: EmbeddedOptions, mode: "local" | "production") {
  // Production databases are made from nothing, once: each is one of its own, down to its system identifier.
  const folder = templates === undefined && mode === "local" ? templateFolder((name) => Deno.env.get(name)) : templates;
  return folder ? await databaseTemplate(folder, logger) : undefined;
}

/** Keeps requests waiting until there is a gateway to answer them. */
class Door implements HttpHandlers {
  readonly #opening = Promise.withResolvers<void>();
  #gateway: Gateway | undefined;

  constructor(cleanups: Cleanups) {
    const timer = setTimeout(this.#opening.resolve, HOLD_MS_MAX);
    this.#opening.promise.then(() => clearTimeout(timer));
    cleanups.add(() => Promise.resolve(this.#opening.resolve()));
  }

  open(gateway: Gateway): void {
    this.#gateway = gateway;
    this.#opening.resolve();
  }

  openDirect(incoming: IncomingMessage): DirectHandler | null {
    return this.#gateway?.openDirect(incoming) ?? null;
  }

  async handle(request: Request, address: string): Promise<Response> {
    if (this.#gateway === undefined) await this.#opening.promise;
    return await this.#gateway?.handle(request, address) ??
      gatewayError(503, "STARTING", "The stack is starting");
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    if (this.#gateway === undefined) socket.destroy();
    else this.#gateway.upgrade(request, socket, head);
  }
}
