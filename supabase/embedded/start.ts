import { fileURLToPath } from "node:url";
import postgres from "postgres";
import type { Logger } from "../../lib/kernel/log.ts";
import { isConfigured, type ProviderConfig, readConfig, type StackConfig } from "./config.ts";
import { type DataDir, openDataDir } from "./data_dir.ts";
import { gatewayError } from "./gateway/answers.ts";
import { buildAuth } from "./gateway/build_auth.ts";
import { InnerTokens } from "./gateway/caller.ts";
import { Gateway, type LocalDoor } from "./gateway/gateway.ts";
import { HttpServer } from "./gateway/http_server.ts";
import { Lite } from "./gateway/lite.ts";
import { SecretBox } from "./gateway/secret_box.ts";
import { IdentityProvider } from "./identity/identity_provider.ts";
import { TokenKeys } from "./keys.ts";
import { MailSink } from "./mail_sink.ts";
import { PostgresCluster } from "./postgres/cluster.ts";
import { prepareDatabase } from "./prepare_database.ts";
import { RealtimeServer } from "./realtime/server.ts";
import { loadKeys, randomText, type StackKeys } from "./stack_keys.ts";
import { Studio } from "./studio.ts";

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
}

/** A running stack. */
export interface EmbeddedSupabase {
  url: string;
  publishableKey: string;
  secretKey: string;
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
/** How long queries under way may go on at a stop. */
const POOL_STOP_S_MAX = 0.5;
/** Connections for what the gateway does itself. */
const GATEWAY_CONNECTIONS_MAX = 5;

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
  const dataDir = await openDataDir(options.dataDir);
  cleanups.add(() => Promise.resolve(dataDir.release()));

  // The door first: a taken port is known before anything is made.
  const door: { gateway?: Gateway } = {};
  const server = new HttpServer({
    openDirect: (incoming) => door.gateway?.openDirect(incoming) ?? null,
    handle: async (request, address) => await door.gateway?.handle(request, address) ?? notReady(),
    upgrade: (request, socket, head) =>
      door.gateway === undefined ? socket.destroy() : door.gateway.upgrade(request, socket, head),
  }, logger);
  const url = `http://127.0.0.1:${await server.listen(options.port)}`;
  cleanups.add(() => server.stop());

  const { keys, dbUrl, cluster } = await startDatabase(options, dataDir);
  cleanups.add(() => cluster.stop());
  door.gateway = await buildGateway({ options, mode, config, keys, dbUrl, url }, cleanups);
  // No new requests while the services end.
  cleanups.add(() => server.stop());
  return {
    url,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    dbUrl,
    mailUrl: `${url}/local/mail`,
    identityUrl: `${url}/local/identity`,
    ended: cluster.ended,
    stop: () => cleanups.run(),
  };
}

async function startDatabase({ dbPort, logger }: EmbeddedOptions, dataDir: DataDir) {
  const hasDatabase = await Deno.stat(`${dataDir.path}/postgres/PG_VERSION`).then(() => true, () => false);
  const keys = await loadKeys(dataDir.path, hasDatabase);
  const password = keys.dbPassword;
  const cluster = await PostgresCluster.start({ dataDir: dataDir.path, port: dbPort, password, logger });
  // Stock tools insist on TLS otherwise; the server listens on loopback alone.
  const dbUrl = `postgres://postgres:${password}@127.0.0.1:${cluster.port}/postgres?sslmode=disable`;
  try {
    await prepareDatabase({ dbUrl, doorPassword: password, logger });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return { keys, dbUrl, cluster };
}

interface ServiceContext {
  options: EmbeddedOptions;
  mode: "local" | "production";
  config: StackConfig;
  keys: StackKeys;
  dbUrl: string;
  url: string;
}

async function buildGateway(context: ServiceContext, cleanups: Cleanups): Promise<Gateway> {
  const { options: { logger, webUrl }, mode, config, keys: stackKeys, dbUrl, url } = context;
  const isLocal = mode === "local";
  const nowMs = () => Date.now();
  const keys = await TokenKeys.create({ ...stackKeys, nowMs });
  const innerTokens = new InnerTokens(stackKeys.innerSecret);
  const mails = new MailSink(webUrl, url);
  const { providers, identity } = chooseProviders(config, isLocal, url, nowMs);

  const mail = isLocal
    ? mails
    : { send: () => Promise.resolve(logger.warn("A mail was not sent: no mail server is set")) };
  const lite = await Lite.start({
    dbUrl: dbUrl.replace("postgres://postgres:", "postgres://authenticator:"),
    superuserUrl: dbUrl,
    url,
    config: { ...config, auth: { ...config.auth, site_url: webUrl } },
    providers,
    redirectUrls: [...config.auth.additional_redirect_urls, webUrl, `${webUrl}/**`],
    keys: stackKeys,
    email: mail,
    logger,
  });
  const sql = postgres(dbUrl, {
    max: GATEWAY_CONNECTIONS_MAX,
    onnotice: () => {},
    connection: { application_name: "gateway" },
  });
  cleanups.add(() => Promise.all([lite.stop(), sql.end({ timeout: POOL_STOP_S_MAX })]));
  await sql.listen("pgrst", (message) => {
    if (message === "" || message === "reload schema") lite.reloadSchema();
  });

  const realtime = new RealtimeServer({
    dbUrl,
    authenticate: (token: string) => keys.authenticate(token),
    roleOfApiKey: (key: string) => keys.roleOfApiKey(key),
    logger,
    nowMs,
  });
  await realtime.start();
  cleanups.add(() => realtime.stop());

  const authConfig = { ...config.auth, site_url: webUrl };
  const secrets = await SecretBox.create(stackKeys.innerSecret, "totp secrets");
  const auth = buildAuth({
    config: authConfig,
    url,
    isLocal,
    keys,
    innerTokens,
    lite,
    sql,
    mail,
    secrets,
    nowMs,
    logger,
  });
  const hasStudio = isLocal && config.studio.enabled;
  const local: LocalDoor[] = [
    ...(isLocal ? [mails] : []),
    ...(identity === undefined ? [] : [identity]),
    ...(hasStudio ? [new Studio(config, stackKeys.publishableKey, () => lite.schema())] : []),
  ];
  const studioKey = hasStudio ? stackKeys.secretKey : undefined;
  return new Gateway({ keys, innerTokens, lite, auth, realtime, local, studioKey, logger });
}

/** GitHub and Google where their credentials are set; in local mode our own provider stands in for GitHub. */
function chooseProviders(config: StackConfig, isLocal: boolean, url: string, nowMs: () => number) {
  const { github, google } = config.auth.external;
  const providers: Record<string, ProviderConfig> = {};
  if (isConfigured(google)) providers.google = google;
  if (isConfigured(github)) {
    providers.github = github;
    return { providers, identity: undefined };
  }
  if (!isLocal) return { providers, identity: undefined };
  const client = {
    clientId: "outcry-local",
    clientSecret: randomText(24),
    redirectUri: `${url}/auth/v1/callback`,
  };
  const identity = new IdentityProvider(client, nowMs);
  providers.github = {
    enabled: true,
    client_id: client.clientId,
    secret: client.clientSecret,
    url: `${url}${identity.path}`,
  };
  return { providers, identity };
}

function notReady(): Response {
  return gatewayError(503, "STARTING", "The stack is starting");
}

/** What to undo, last first, once. */
class Cleanups {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #done: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    return this.#done ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) await step().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "The stack did not stop cleanly");
  }
}
