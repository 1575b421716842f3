import { App, type EmailDriver } from "@supabase/lite";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { ProviderConfig, StackConfig } from "../config.ts";
import type { StackKeys } from "../stack_keys.ts";
import { captureConsole, describeSaid, overhear } from "./console_capture.ts";
import type { SchemaCache } from "./body_texts.ts";
import { LiteConnection } from "./lite_connection.ts";

/** What the Auth and REST server needs. */
export interface LiteOptions {
  /** Where the role "authenticator" logs in. */
  dbUrl: string;
  /** Where the schema is read from. */
  superuserUrl: string;
  /** The gateway's own address. */
  url: string;
  config: StackConfig;
  /** Sign-in providers that can be used, by name. */
  providers: Record<string, ProviderConfig>;
  redirectUrls: string[];
  keys: StackKeys;
  email: EmailDriver;
  logger: Logger;
}

/** Requests to re-read the schema within this time are answered by one reading. */
const RELOAD_DELAY_MS = 50;

/** @supabase/lite's Auth and REST server on our Postgres. */
export class Lite {
  readonly #app: App;
  readonly #connection: LiteConnection;
  readonly #logger: Logger;
  readonly #releaseConsole: () => void;
  #cancelReload: (() => void) | undefined;
  #reading: Promise<void> = Promise.resolve();

  private constructor(options: LiteOptions) {
    this.#logger = options.logger;
    this.#connection = new LiteConnection(options.dbUrl, options.superuserUrl);
    this.#app = new App({
      connection: this.#connection,
      options: { drivers: { email: options.email }, server: { disableStudio: true, disableFallback: false } },
      ...settings(options),
    });
    this.#releaseConsole = captureConsole();
  }

  /** Connects, and reads the schema so that the first request need not. */
  static async start(options: LiteOptions): Promise<Lite> {
    const lite = new Lite(options);
    await overhear(() => lite.#app.init());
    await lite.#read();
    return lite;
  }

  /** Answers a request whose key and token are already translated; `said` is what it printed. */
  async fetch(request: Request): Promise<{ result: Response; said: unknown[] }> {
    return await overhear(async () => await this.#app.fetch(request));
  }

  /** The schema as last read. */
  async schema(): Promise<SchemaCache> {
    return await this.#connection.introspect({ useCache: true });
  }

  /** Reads the schema again soon: new tables and functions become reachable, the old ones stay so meanwhile. */
  reloadSchema(): void {
    if (this.#cancelReload !== undefined) return;
    const timer = setTimeout(() => {
      this.#cancelReload = undefined;
      this.#reading = this.#reading.then(() => this.#read());
    }, RELOAD_DELAY_MS);
    this.#cancelReload = () => clearTimeout(timer);
  }

  /** Closes the connections. */
  async stop(): Promise<void> {
    this.#cancelReload?.();
    await this.#reading;
    await this.#connection.close();
    this.#releaseConsole();
  }

  async #read(): Promise<void> {
    const { result, said } = await overhear(() => this.#connection.introspect());
    if (result.tables.length === 0) this.#logger.error("The schema could not be read", { said: describeSaid(said) });
  }
}

function settings({ config: { api, auth }, providers, redirectUrls, keys, url }: LiteOptions) {
  return {
    api: { enabled: true, schemas: api.schemas, max_rows: api.max_rows, external_url: url },
    storage: { enabled: false },
    auth: {
      enabled: true,
      jwt_secret: keys.innerSecret,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      site_url: auth.site_url,
      additional_redirect_urls: redirectUrls,
      jwt_expiry: auth.jwt_expiry,
      enable_refresh_token_rotation: auth.enable_refresh_token_rotation,
      refresh_token_reuse_interval: auth.refresh_token_reuse_interval,
      enable_signup: auth.enable_signup,
      minimum_password_length: auth.minimum_password_length,
      // Judged at our door already, by hosted Auth's sets of characters.
      password_requirements: "",
      sessions: auth.sessions,
      email: auth.email,
      external: providers,
    },
  };
}
