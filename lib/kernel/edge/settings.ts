import { z } from "zod";
import { parseTrustedProxies, type TrustedProxies } from "./client_address.ts";

/** What the edge is told by its environment. It holds no secret key, by design. */
export interface Settings {
  mode: "local" | "production";
  /** Address to listen on: loopback in local mode, every interface otherwise. */
  hostname: string;
  port: number;
  /** Origin under which browsers reach us, without a trailing slash. */
  publicUrl: string;
  /** Origin of Supabase, without a trailing slash. */
  supabaseUrl: string;
  publishableKey: string;
  /** Whose word about a client's address counts. */
  trustedProxies: TrustedProxies;
  /**
   * Keys the pseudonyms of client addresses, in logs and to the database; null leaves addresses out, and anonymous
   * callers share their limits.
   */
  hmacKey: string | null;
  /** Public half of the key that seals exchange credentials, as JSON text. */
  sealingPublicJwk: string | null;
}

/** The settings, or one line that says what to change. */
export type ParsedSettings = { ok: true; settings: Settings } | { ok: false; message: string };

/** Characters an HMAC key must have at least: 32 are 128 bits even when written in hexadecimal. */
const HMAC_KEY_LENGTH_MIN = 32;

const origin = z.string().refine(isOrigin, "use an origin such as https://example.com, without a path");

const environment = z.object({
  OUTCRY_MODE: z.enum(["local", "production"], { error: 'use "local" or "production"' }).default("production"),
  PORT: z.string().regex(/^\d{1,5}$/, "use a port from 1 to 65535").default("8000").transform(Number)
    .refine((port) => port >= 1 && port <= 65_535, "use a port from 1 to 65535"),
  PUBLIC_URL: origin.optional(),
  SUPABASE_URL: origin,
  SUPABASE_PUBLISHABLE_KEY: z.string().min(1, "use the project's publishable key")
    .refine(isPublishable, "use the publishable key: the edge must not hold the secret one"),
  TRUSTED_PROXIES: z.string().default("0").transform((text, context) => {
    const proxies = parseTrustedProxies(text);
    if (proxies === null) context.addIssue("use a number of proxies from 0 to 10, or the name of the header they set");
    return proxies ?? { kind: "none" as const };
  }),
  EDGE_HMAC_KEY: z.string().min(HMAC_KEY_LENGTH_MIN, `use ${HMAC_KEY_LENGTH_MIN} random characters or more`).optional(),
  SEALING_PUBLIC_JWK: z.string().refine(isPublicJwk, "use the public key as a JSON Web Key, without its private part")
    .optional(),
});

/**
 * Reads the edge's settings from environment variables. Empty variables count as unset.
 * The message of a refusal names one variable and never repeats its value, which may be a secret.
 */
export function parseSettings(env: Readonly<Record<string, string | undefined>>): ParsedSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? "the environment");
    const problem = given[name] === undefined ? "it is not set" : issue?.message ?? "it is malformed";
    return refuse(name, problem);
  }
  const value = parsed.data;
  const local = value.OUTCRY_MODE === "local";
  if (!local && value.PUBLIC_URL === undefined) return refuse("PUBLIC_URL", "production mode needs it");
  const publicUrl = value.PUBLIC_URL ?? `http://127.0.0.1:${value.PORT}`;
  // Session cookies over plain HTTP could be read on the way; a loopback address has no way.
  if (!local && !isSecureOrLoopback(publicUrl)) return refuse("PUBLIC_URL", "production mode needs https");
  return {
    ok: true,
    settings: {
      mode: value.OUTCRY_MODE,
      hostname: local ? "127.0.0.1" : "0.0.0.0",
      port: value.PORT,
      publicUrl: new URL(publicUrl).origin,
      supabaseUrl: new URL(value.SUPABASE_URL).origin,
      publishableKey: value.SUPABASE_PUBLISHABLE_KEY,
      trustedProxies: value.TRUSTED_PROXIES,
      hmacKey: value.EDGE_HMAC_KEY ?? null,
      sealingPublicJwk: value.SEALING_PUBLIC_JWK ?? null,
    },
  };
}

function refuse(name: string, problem: string): ParsedSettings {
  return { ok: false, message: `Cannot use ${name}: ${problem}` };
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === "http:" || url.protocol === "https:") && url.pathname === "/" && url.search === "" &&
    url.hash === "" && url.username === "" && url.password === "";
}

function isSecureOrLoopback(text: string): boolean {
  const url = new URL(text);
  return url.protocol === "https:" || ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}

/** Refuses secret keys, new (`sb_secret_…`) and old (a JWT whose role bypasses row-level security). */
function isPublishable(key: string): boolean {
  if (key.startsWith("sb_secret_")) return false;
  const payload = key.split(".")[1];
  if (payload === undefined) return true;
  try {
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))).role !== "service_role";
  } catch {
    return true;
  }
}

function isPublicJwk(text: string): boolean {
  try {
    const key: unknown = JSON.parse(text);
    return typeof key === "object" && key !== null && "kty" in key && !("d" in key) && !("k" in key);
  } catch {
    return false;
  }
}
