import { z } from "zod";
import { json } from "../gateway/answers.ts";
import { randomText } from "../stack_keys.ts";
import { signInPage } from "./sign_in_page.ts";

/** The one client the provider serves: the Auth server. */
export interface IdentityClient {
  clientId: string;
  clientSecret: string;
  /** The only address people are sent back to. */
  redirectUri: string;
}

interface Grant {
  login: string;
  codeChallenge: string | undefined;
  endsMs: number;
}

const CODE_MS_MAX = 60_000;
const TOKEN_MS_MAX = 300_000;
/** Codes, and tokens, alive at once; the oldest are forgotten first. */
const GRANTS_MAX = 1_000;
const LOGIN = /^[a-z0-9-]{1,32}$/;
/** Where demo people's mail would go: a name reserved never to exist (RFC 6762). */
const MAIL_DOMAIN = "demo.outcry.local";

const AUTHORIZE = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  state: z.string().max(2_000).default(""),
  login: z.string().optional(),
  code_challenge: z.string().min(43).max(128).optional(),
  code_challenge_method: z.string().optional(),
});
const EXCHANGE = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string().optional(),
});

/** Speaks as much of GitHub's sign-in as Auth needs, and lets in whoever gives a name. Local mode only. */
export class IdentityProvider {
  readonly path = "/local/identity";
  readonly #client: IdentityClient;
  readonly #nowMs: () => number;
  readonly #codes = new Map<string, Grant>();
  readonly #tokens = new Map<string, Grant>();

  constructor(client: IdentityClient, nowMs: () => number) {
    this.#client = client;
    this.#nowMs = nowMs;
  }

  /** Answers a request under its path. */
  async handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    switch (`${request.method} ${url.pathname.slice(this.path.length)}`) {
      case "GET /login/oauth/authorize":
        return this.#authorize(url.searchParams);
      case "POST /login/oauth/access_token":
        return await this.#exchange(new URLSearchParams(await request.text()));
      case "GET /api/v3/user":
        return await this.#withLogin(request, userOf);
      case "GET /api/v3/user/emails":
        return await this.#withLogin(request, (login) => [
          { email: `${login}@${MAIL_DOMAIN}`, primary: true, verified: true, visibility: "private" },
        ]);
      default:
        return json(404, { message: "Not Found" });
    }
  }

  #authorize(parameters: URLSearchParams): Response {
    const asked = AUTHORIZE.safeParse(Object.fromEntries(parameters));
    if (!asked.success || asked.data.client_id !== this.#client.clientId) {
      return json(400, { message: "The client is not known here" });
    }
    const { redirect_uri, state, login, code_challenge, code_challenge_method } = asked.data;
    // Sent anywhere else, the code would be somebody else's.
    if (redirect_uri !== this.#client.redirectUri) {
      return json(400, { message: "The redirect_uri is not the client's" });
    }
    if (code_challenge !== undefined && code_challenge_method !== "S256") {
      return json(400, { message: "The code_challenge_method must be S256" });
    }
    if (login === undefined || !LOGIN.test(login)) return signInPage(parameters, login);
    const code = this.#grant(this.#codes, CODE_MS_MAX, login, code_challenge);
    const target = new URL(redirect_uri);
    target.searchParams.set("code", code);
    target.searchParams.set("state", state);
    return new Response(null, { status: 302, headers: { location: target.href, "cache-control": "no-store" } });
  }

  async #exchange(parameters: URLSearchParams): Promise<Response> {
    const asked = EXCHANGE.safeParse(Object.fromEntries(parameters));
    if (!asked.success) return json(400, { error: "invalid_request" });
    const { client_id, client_secret, code, redirect_uri, code_verifier } = asked.data;
    const grant = this.#codes.get(code);
    // Whatever comes of it, a code is shown once.
    this.#codes.delete(code);
    // GitHub answers 200 to these, with the error inside.
    if (client_id !== this.#client.clientId || client_secret !== this.#client.clientSecret) {
      return json(200, { error: "incorrect_client_credentials" });
    }
    if (redirect_uri !== this.#client.redirectUri) return json(200, { error: "redirect_uri_mismatch" });
    if (grant === undefined || grant.endsMs <= this.#nowMs() || !await isProven(grant.codeChallenge, code_verifier)) {
      return json(200, { error: "bad_verification_code" });
    }
    const access_token = this.#grant(this.#tokens, TOKEN_MS_MAX, grant.login, undefined);
    return json(200, { access_token, token_type: "bearer", scope: "user:email" }, { "cache-control": "no-store" });
  }

  async #withLogin(request: Request, answer: (login: string) => unknown): Promise<Response> {
    const token = /^(?:Bearer|token) (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const grant = this.#tokens.get(token);
    if (grant === undefined || grant.endsMs <= this.#nowMs()) return json(401, { message: "Bad credentials" });
    return json(200, await answer(grant.login));
  }

  #grant(grants: Map<string, Grant>, life_ms: number, login: string, codeChallenge: string | undefined): string {
    const secret = randomText(24);
    grants.set(secret, { login, codeChallenge, endsMs: this.#nowMs() + life_ms });
    if (grants.size > GRANTS_MAX) grants.delete(grants.keys().next().value as string);
    return secret;
  }
}

async function isProven(challenge: string | undefined, verifier: string | undefined): Promise<boolean> {
  if (challenge === undefined) return true;
  const digest = await sha256(verifier ?? "");
  return digest.toBase64({ alphabet: "base64url", omitPadding: true }) === challenge;
}

async function userOf(login: string) {
  const digest = new DataView((await sha256(`outcry demo user ${login}`)).buffer);
  return {
    login,
    // The same name is the same person for ever: 48 bits of a hash, which a JSON number holds.
    id: digest.getUint16(0) * 2 ** 32 + digest.getUint32(2),
    name: login.split("-").filter((part) => part !== "").map((part) => part[0]?.toUpperCase() + part.slice(1)).join(
      " ",
    ),
    email: null,
    avatar_url: "",
    type: "User",
  };
}

async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
