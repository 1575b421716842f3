import { decodeProtectedHeader, errors, importJWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { SigningJwk } from "./stack_keys.ts";

/** The keys callers show and tokens are signed with. */
export interface TokenKeysOptions {
  publishableKey: string;
  secretKey: string;
  signingJwk: SigningJwk;
  nowMs: () => number;
}

/** A caller's token, judged; `code` is Realtime's. */
export type Authentication =
  | { ok: true; role: string; claims: Record<string, unknown>; expMs: number }
  | { ok: false; code: "InvalidJWTToken" | "MalformedJWT" | "InvalidJWTExpiration"; message: string };

/** The role an API key stands for. */
export type ApiRole = "anon" | "service_role";

/** Tokens remembered as good, the least recently used forgotten first: a signature check costs a page's worth of time. */
const TOKENS_MAX = 2_000;
/** A longer token is refused unread: real ones stay far below. */
const TOKEN_LENGTH_MAX = 8_192;
/** Roles a token may name: those the REST server may become. */
const ROLES: ReadonlySet<unknown> = new Set(["anon", "authenticated", "service_role"]);
const ALGORITHM = "ES256";

/** Signs user tokens with the project's ES256 key and judges what callers show. */
export class TokenKeys {
  readonly #options: TokenKeysOptions;
  readonly #privateKey: CryptoKey;
  readonly #publicKey: CryptoKey;
  readonly #known = new Map<string, Authentication & { ok: true }>();

  private constructor(options: TokenKeysOptions, privateKey: CryptoKey, publicKey: CryptoKey) {
    this.#options = options;
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  /** Imports the key pair. */
  static async create(options: TokenKeysOptions): Promise<TokenKeys> {
    const { d: _private, ...publicJwk } = options.signingJwk;
    const privateKey = await importJWK(options.signingJwk, ALGORITHM);
    const publicKey = await importJWK(publicJwk, ALGORITHM);
    return new TokenKeys(options, privateKey as CryptoKey, publicKey as CryptoKey);
  }

  /** The role of an API key, or null for an unknown one. */
  roleOfApiKey(key: string): ApiRole | null {
    if (sameText(key, this.#options.secretKey)) return "service_role";
    if (sameText(key, this.#options.publishableKey)) return "anon";
    return null;
  }

  /** Signs `claims` as they are; they must hold iat and exp. */
  async sign(claims: JWTPayload): Promise<string> {
    const header = { alg: ALGORITHM, kid: this.#options.signingJwk.kid, typ: "JWT" };
    return await new SignJWT(claims).setProtectedHeader(header).sign(this.#privateKey);
  }

  /** Checks a user token's algorithm, signature, expiry and role. */
  async authenticate(token: string): Promise<Authentication> {
    const known = this.#known.get(token);
    const nowMs = this.#options.nowMs();
    if (known !== undefined) {
      this.#known.delete(token);
      if (known.expMs <= nowMs) return expired();
      this.#known.set(token, known);
      return known;
    }
    const judged = await this.#verify(token, nowMs);
    if (judged.ok) {
      this.#known.set(token, judged);
      if (this.#known.size > TOKENS_MAX) this.#known.delete(this.#known.keys().next().value as string);
    }
    return judged;
  }

  /** The document at `/auth/v1/.well-known/jwks.json`. */
  jwks(): { keys: Record<string, unknown>[] } {
    const { d: _private, ...jwk } = this.#options.signingJwk;
    return { keys: [{ ...jwk, alg: ALGORITHM, use: "sig", key_ops: ["verify"], ext: true }] };
  }

  async #verify(token: string, nowMs: number): Promise<Authentication> {
    if (token.length > TOKEN_LENGTH_MAX || token.split(".").length !== 3) return malformed();
    try {
      decodeProtectedHeader(token);
    } catch {
      return malformed();
    }
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        // Without this list a token could choose "none", or HS256 with the public key as its secret.
        algorithms: [ALGORITHM],
        currentDate: new Date(nowMs),
        requiredClaims: ["exp"],
      });
      if (!ROLES.has(payload.role)) {
        return { ok: false, code: "InvalidJWTToken", message: "Fields `role` and `exp` are required in JWT" };
      }
      return { ok: true, role: payload.role as string, claims: payload, expMs: (payload.exp as number) * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return expired();
      return { ok: false, code: "InvalidJWTToken", message: "The token was not signed by this project" };
    }
  }
}

function expired(): Authentication {
  return { ok: false, code: "InvalidJWTExpiration", message: "Token has expired" };
}

function malformed(): Authentication {
  return { ok: false, code: "MalformedJWT", message: "The token provided is not a valid JWT" };
}

/** Compares without telling by its time how much was right. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
