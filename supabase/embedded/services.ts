import postgres from "postgres";
import type { Logger } from "../../lib/kernel/log.ts";
import type { Cleanups } from "./cleanups.ts";
import { isConfigured, type ProviderConfig, type StackConfig } from "./config.ts";
import { buildAuth } from "./gateway/build_auth.ts";
import { InnerTokens } from "./gateway/caller.ts";
import { Gateway, type LocalDoor } from "./gateway/gateway.ts";
import { Lite } from "./gateway/lite.ts";
import { SecretBox } from "./gateway/secret_box.ts";
import { IdentityProvider } from "./identity/identity_provider.ts";
import { TokenKeys } from "./keys.ts";
import { MailSink } from "./mail_sink.ts";
import { RealtimeServer } from "./realtime/server.ts";
import { randomText, type StackKeys } from "./stack_keys.ts";
import { Studio } from "./studio.ts";

/** How long queries under way may go on at a stop. */
const POOL_STOP_S_MAX = 0.5;
/** Connections for what the gateway does itself. */
const GATEWAY_CONNECTIONS_MAX = 5;

/** What the services work with. */
export interface ServiceContext {
  logger: Logger;
  /** Where the web is. */
  webUrl: string;
  mode: "local" | "production";
  config: StackConfig;
  keys: StackKeys;
  dbUrl: string;
  url: string;
}

/** Starts REST, Auth, Realtime and what local mode has, on a prepared database. */
export async function buildGateway(context: ServiceContext, cleanups: Cleanups): Promise<Gateway> {
  const { logger, webUrl, mode, config, keys: stackKeys, dbUrl, url } = context;
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
