import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import { Refusal } from "../../kernel/problem.ts";
import { type Claims, claimsSchema } from "../session.ts";

/** Hosted projects sign with these; `none` and shared-secret algorithms never pass. */
const ALGORITHMS = ["ES256", "RS256"];

/** Characters of a token worth verifying. */
const TOKEN_LENGTH_MAX = 8_192;

/** Verifies access tokens against the keys Supabase Auth publishes. */
export interface TokenVerifier {
  /**
   * @returns the claims, or null for a token that is forged, expired, malformed or not a user's.
   * @throws Refusal `upstream_unavailable` when the keys cannot be fetched, so that nobody can tell.
   */
  verify(token: string): Promise<Claims | null>;
}

/** Where the keys are and what time it is. */
export interface TokenVerifierOptions {
  supabaseUrl: string;
  fetch: typeof fetch;
  nowMs: () => number;
}

/** Makes a verifier that fetches the keys once and again when a token names an unknown one. */
export function createTokenVerifier({ supabaseUrl, fetch, nowMs }: TokenVerifierOptions): TokenVerifier {
  // The keys come from this project's own address, so a token of another project cannot pass.
  const keys = createRemoteJWKSet(new URL("/auth/v1/.well-known/jwks.json", supabaseUrl), {
    [customFetch]: fetch,
    timeoutDuration: 5_000,
    // A flood of forged key ids refetches at most this often.
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
  return {
    async verify(token) {
      if (token.length > TOKEN_LENGTH_MAX) return null;
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ALGORITHMS,
          audience: "authenticated",
          requiredClaims: ["sub", "exp"],
          currentDate: new Date(nowMs()),
        });
        const claims = claimsSchema.safeParse(payload);
        return claims.success ? claims.data : null;
      } catch (error) {
        if (isTokenFault(error)) return null;
        const refusal = new Refusal(
          "upstream_unavailable",
          "The sign-in service does not answer. Try again in a moment",
        );
        refusal.cause = error;
        throw refusal;
      }
    },
  };
}

/** Whether the token is to blame rather than the way to the keys. */
function isTokenFault(error: unknown): boolean {
  return error instanceof errors.JWTInvalid || error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported || error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
}
