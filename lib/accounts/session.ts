import { z } from "zod";

/** Providers a sign-in can go through. */
export const PROVIDERS = ["google", "github"] as const;

/** See {@link PROVIDERS}. */
export type Provider = (typeof PROVIDERS)[number];

/** Whether `value` names a provider we know. */
export function isProvider(value: unknown): value is Provider {
  return (PROVIDERS as readonly unknown[]).includes(value);
}

/** Characters a token may have; a cookie jar holds less anyway. */
const TOKEN_LENGTH_MAX = 8_192;

/**
 * What the session cookie holds. The provider's own tokens, which Supabase hands out at sign-in, are
 * left out: nothing here needs them. `expires_at` is the access token's, in Unix seconds.
 */
export const storedSessionSchema = z.object({
  access_token: z.string().min(1).max(TOKEN_LENGTH_MAX),
  refresh_token: z.string().min(1).max(TOKEN_LENGTH_MAX),
  expires_at: z.int().nonnegative(),
});

/** See {@link storedSessionSchema}. */
export type StoredSession = z.infer<typeof storedSessionSchema>;

/**
 * Time before its expiry from which an access token is renewed. A page hands the token to its islands,
 * who need it to live for a while.
 */
export const REFRESH_BEFORE_EXPIRY_ms = 120_000;

/** Whether the access token of `session` should be renewed at `nowMs` (Unix ms). */
export function needsRefresh(session: StoredSession, nowMs: number): boolean {
  return session.expires_at * 1000 - nowMs < REFRESH_BEFORE_EXPIRY_ms;
}

/** What an access token of Supabase Auth says about its user, once its signature is verified. */
export const claimsSchema = z.object({
  sub: z.uuid(),
  exp: z.number(),
  role: z.literal("authenticated"),
  email: z.string().optional(),
  session_id: z.uuid().optional(),
  aal: z.enum(["aal1", "aal2"]).optional().catch(undefined),
  amr: z.array(z.object({ method: z.string(), timestamp: z.number() })).optional().catch(undefined),
  user_metadata: z.record(z.string(), z.unknown()).optional(),
});

/** See {@link claimsSchema}. */
export type Claims = z.infer<typeof claimsSchema>;

/** Methods that are a second factor, as `private.require_aal2()` has them. */
const SECOND_FACTORS = new Set(["totp", "mfa/phone", "mfa/webauthn"]);

/** When the token's session last showed a second factor, in Unix ms; null when it did not. */
export function secondFactorAtMs({ aal, amr = [] }: Claims): number | null {
  const times = amr.filter(({ method }) => SECOND_FACTORS.has(method)).map(({ timestamp }) => timestamp * 1000);
  return aal === "aal2" && times.length > 0 ? Math.max(...times) : null;
}

/** A user as pages and logs name them. */
export interface SessionUser {
  id: string;
  name: string;
}

/** Characters of a name that a page shows. */
const NAME_LENGTH_MAX = 40;

/** Controls, and marks that turn the direction of the text around a name: people choose their names themselves. */
const NAME_TRICKS = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The user named by `claims`: the provider's handle, else the name, else what stands before the @. */
export function userOf(claims: Claims): SessionUser {
  const metadata = claims.user_metadata ?? {};
  const candidates = [
    metadata.user_name,
    metadata.preferred_username,
    metadata.full_name,
    metadata.name,
    claims.email?.split("@")[0],
  ];
  const names = candidates.map((value) => typeof value === "string" ? value.replace(NAME_TRICKS, "").trim() : "");
  const name = names.find((text) => text !== "") ?? "trader";
  // By code points: half of a pair is no character.
  return { id: claims.sub, name: Array.from(name.slice(0, 2 * NAME_LENGTH_MAX)).slice(0, NAME_LENGTH_MAX).join("") };
}
