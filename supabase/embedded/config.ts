import { parse } from "smol-toml";
import { z } from "zod";
import { startError } from "./errors.ts";

const PROVIDER = z.object({
  enabled: z.boolean().default(false),
  client_id: z.string().default(""),
  secret: z.string().default(""),
  url: z.string().default(""),
});

/** A function in the database that Auth asks: `pg-functions://postgres/<schema>/<function>`. */
const HOOK = z.object({
  enabled: z.boolean().default(false),
  uri: z.string().regex(/^pg-functions:\/\/[\w-]+\/[a-z_][a-z0-9_]{0,62}\/[a-z_][a-z0-9_]{0,62}$/),
});

const LIMIT = z.int().min(1).max(1_000_000);

const CONFIG = z.object({
  api: z.object({
    schemas: z.array(z.string()).min(1),
    max_rows: z.int().min(1),
  }),
  studio: z.object({ enabled: z.boolean() }).default({ enabled: false }),
  auth: z.object({
    site_url: z.url(),
    additional_redirect_urls: z.array(z.string()).default([]),
    jwt_expiry: z.int().min(30).max(604_800),
    enable_refresh_token_rotation: z.boolean(),
    refresh_token_reuse_interval: z.int().min(0),
    enable_signup: z.boolean(),
    minimum_password_length: z.int().min(6).max(72),
    password_requirements: z.string().default(""),
    sessions: z.object({ timebox: z.string().optional(), inactivity_timeout: z.string().optional() }).default({}),
    rate_limit: z.object({
      sign_in_sign_ups: LIMIT,
      token_refresh: LIMIT,
      token_verifications: LIMIT,
      email_sent: LIMIT,
    }),
    email: z.object({
      enable_signup: z.boolean(),
      double_confirm_changes: z.boolean(),
      enable_confirmations: z.boolean(),
      otp_length: z.int().min(6).max(10),
      otp_expiry: z.int().min(60).max(86_400),
      secure_password_change: z.boolean().default(false),
      max_frequency: z.string().regex(/^\d+[smh]$/).default("1s"),
    }),
    mfa: z.object({
      max_enrolled_factors: z.int().min(1).max(100).default(10),
      totp: z.object({ enroll_enabled: z.boolean(), verify_enabled: z.boolean() })
        .default({ enroll_enabled: false, verify_enabled: false }),
    }).default({ max_enrolled_factors: 10, totp: { enroll_enabled: false, verify_enabled: false } }),
    hook: z.object({
      password_verification_attempt: HOOK.optional(),
      mfa_verification_attempt: HOOK.optional(),
    }).default({}),
    external: z.object({ github: PROVIDER.optional(), google: PROVIDER.optional() }).default({}),
  }),
});

/** The part of `supabase/config.toml` the embedded stack acts on, with env() values filled in. */
export type StackConfig = z.infer<typeof CONFIG>;

/** A hook's settings. */
export type HookConfig = z.infer<typeof HOOK>;

/** A sign-in provider's settings. */
export type ProviderConfig = z.infer<typeof PROVIDER>;

const ENV_VALUE = /^env\((\w+)\)$/;

/**
 * Reads a CLI configuration file. "env(NAME)" values that are not set become empty, which leaves
 * a provider off.
 * @throws StartError when the file is unreadable or holds nonsense.
 */
export async function readConfig(path: string, env: (name: string) => string | undefined): Promise<StackConfig> {
  try {
    return CONFIG.parse(fillIn(parse(await Deno.readTextFile(path)), env));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const reason = issue === undefined ? error : new Error(`${issue.path.join(".")} ${issue.message}`);
    throw startError(`Cannot use "${path}"`, reason, "Correct the file");
  }
}

function fillIn(value: unknown, env: (name: string) => string | undefined): unknown {
  if (typeof value === "string") {
    const name = ENV_VALUE.exec(value)?.[1];
    return name === undefined ? value : env(name) ?? "";
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, env));
  if (value !== null && typeof value === "object" && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fillIn(item, env)]));
  }
  return value;
}

/** Whether a provider can be used: switched on, with both of its credentials. */
export function isConfigured(provider: ProviderConfig | undefined): provider is ProviderConfig {
  return provider !== undefined && provider.enabled && provider.client_id !== "" && provider.secret !== "";
}
