import { type JWTPayload, SignJWT } from "jose";
import type { ApiRole, Authentication, TokenKeys } from "../keys.ts";
import { gatewayError } from "./answers.ts";

/** Who calls: an API key's role, or the user whose token came with it. */
export interface Caller {
  apiRole: ApiRole;
  /** The key to hand on. */
  apiKey: string;
  /** What the request runs as. */
  role: string;
  /** The user's token, judged, when one came. */
  token?: { text: string; judged: Authentication };
}

/** How the Auth and REST server inside the gateway trusts us: tokens signed anew with a secret only it knows. */
export class InnerTokens {
  readonly #secret: Uint8Array;
  readonly #made = new WeakMap<Record<string, unknown>, string>();

  constructor(innerSecret: string) {
    this.#secret = new TextEncoder().encode(innerSecret);
  }

  /** The inner token for verified `claims`; the same claims object gives the same token. */
  async of(claims: Record<string, unknown>): Promise<string> {
    const made = this.#made.get(claims);
    if (made !== undefined) return made;
    const token = await new SignJWT(claims as JWTPayload)
      .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(this.#secret);
    this.#made.set(claims, token);
    return token;
  }
}

const MISSING_HINT = "No `apikey` request header or url param was found.";
const BROWSER = /^\s*Mozilla\s*\/\s*5\s*\.\s*0/i;

/** Reads the API key and the user's token of a request, as the hosted API gateway does. */
export async function resolveCaller(request: Request, keys: TokenKeys): Promise<Caller | Response> {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  const bearerKey = bearer?.startsWith("sb_") ? bearer : undefined;
  const apiKey = request.headers.get("apikey") ?? new URL(request.url).searchParams.get("apikey") ?? bearerKey;
  if (!apiKey) {
    return gatewayError(401, "UNAUTHORIZED_MISSING_API_KEY", "No API key found in request", MISSING_HINT);
  }
  const apiRole = keys.roleOfApiKey(apiKey);
  if (apiRole === null) {
    return gatewayError(401, "UNAUTHORIZED_INVALID_API_KEY", "Invalid API key", "Double check your Supabase `apikey`");
  }
  if (apiRole === "service_role" && BROWSER.test(request.headers.get("user-agent") ?? "")) {
    return gatewayError(
      401,
      "UNAUTHORIZED_INVALID_API_KEY_TYPE",
      "Forbidden use of secret API key in browser",
      "Secret API keys can only be used in a protected environment",
    );
  }
  if (bearer === undefined || bearerKey !== undefined) return { apiRole, apiKey, role: apiRole };
  const judged = await keys.authenticate(bearer);
  return { apiRole, apiKey, role: judged.ok ? judged.role : apiRole, token: { text: bearer, judged } };
}
