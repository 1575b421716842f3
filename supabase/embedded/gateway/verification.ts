import { decodeJwt } from "jose";
import type postgres from "postgres";
import { z } from "zod";
import { authError, json } from "./answers.ts";
import { type AuthFields, textField, withFields } from "./auth_body.ts";
import type { AuthSessions, Opening } from "./auth_sessions.ts";
import type { EmailChange } from "./email_change.ts";
import { type MailFlows, PKCE_PREFIX } from "./mail_flows.ts";
import { hashCode } from "./one_time_code.ts";
import type { SessionAnswers } from "./session_answers.ts";

/** What mailed codes and links are checked with. */
export interface VerificationOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  sessions: AuthSessions;
  answers: SessionAnswers;
  emailChange: EmailChange;
  flows: MailFlows;
}

/** Asks the Auth server behind; its answer carries our tokens. */
export type Ask = (request: Request) => Promise<Response>;

const HALF = "Confirmation link accepted. Please proceed to confirm link sent to the other email";
const TOKEN = z.object({ sub: z.string(), session_id: z.string() });

/** Mailed codes and links (`/auth/v1/verify`): what the Auth server behind lacks of hosted Auth's ways. */
export class Verification {
  readonly #options: VerificationOptions;

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  /** `POST /verify`: a code or a token_hash from a page. */
  async post(request: Request, fields: AuthFields, opening: Opening, ask: Ask): Promise<Response> {
    const { emailChange, answers, flows } = this.#options;
    const given = withoutPrefix(textField(fields, "token_hash"));
    const [email, token] = [textField(fields, "email"), textField(fields, "token")];
    const hash = given !== "" || email === "" || token === "" ? given : await hashCode(email, token);
    const type = textField(fields, "type");
    if (type === "email_change") {
      if (hash === "") return authError(400, "validation_failed", "Verify requires either a token or a token hash");
      const outcome = await emailChange.verify(hash, opening);
      if (outcome instanceof Response) return outcome;
      return outcome.done === "half" ? json(200, { msg: HALF, code: "200" }) : await answers.answer(outcome.grant);
    }
    const asked = { ...fields, type: await flows.typeOf(type, hash), ...(given === "" ? {} : { token_hash: given }) };
    const response = await ask(withFields(request, asked));
    if (response.ok) {
      const session = z.object({ access_token: z.string() }).safeParse(await response.clone().json());
      if (session.success) await this.#prove(TOKEN.parse(decodeJwt(session.data.access_token)).sub);
    }
    return response;
  }

  /** `GET /verify`: a link from a mail, which leads back to the page with tokens, a code or the reason why not. */
  async get(request: Request, url: URL, opening: Opening, ask: Ask): Promise<Response> {
    const token = url.searchParams.get("token") ?? "";
    const hash = withoutPrefix(token);
    const wantsCode = token !== hash;
    const type = await this.#options.flows.typeOf(url.searchParams.get("type") ?? "", hash);
    const target = new URL(url);
    if (type === "email_change") return await this.#followChange(request, target, { hash, wantsCode }, opening, ask);
    target.searchParams.set("token", hash);
    target.searchParams.set("type", type);
    const response = await ask(new Request(target, { headers: request.headers }));
    const location = response.headers.get("location") ?? "";
    const [page = "", fragment = ""] = location.split("#", 2);
    const accessToken = new URLSearchParams(fragment).get("access_token");
    if (accessToken === null) return response;
    const { sub, session_id } = TOKEN.parse(decodeJwt(accessToken));
    await this.#prove(sub);
    if (!wantsCode) return response;
    await this.#options.sessions.end(session_id);
    return await this.#leadWithCode(page, sub, type);
  }

  async #followChange(
    request: Request,
    target: URL,
    { hash, wantsCode }: { hash: string; wantsCode: boolean },
    opening: Opening,
    ask: Ask,
  ): Promise<Response> {
    const { emailChange, sessions, answers } = this.#options;
    const page = await this.#allowedPage(request, target, ask);
    const outcome = await emailChange.verify(hash, opening);
    if (outcome instanceof Response) {
      const { error_code, msg } = await outcome.json();
      return lead(page, new URLSearchParams({ error: "access_denied", error_code, error_description: msg }));
    }
    if (outcome.done === "half") return lead(page, new URLSearchParams({ message: HALF }));
    if (!wantsCode) {
      const values = await answers.fragment(outcome.grant, "email_change");
      return values instanceof Response ? values : lead(page, values);
    }
    await sessions.end(outcome.grant.sessionId);
    return await this.#leadWithCode(page, outcome.userId, "email_change");
  }

  async #leadWithCode(page: string, userId: string, type: string): Promise<Response> {
    const code = await this.#options.flows.issueCode(userId, type);
    if (code === undefined) {
      const error_description = "No associated flow state found";
      return lead(
        page,
        new URLSearchParams({ error: "access_denied", error_code: "flow_state_not_found", error_description }),
      );
    }
    const target = new URL(page);
    target.searchParams.set("code", code);
    return new Response(null, { status: 303, headers: { location: target.href } });
  }

  /** Where a link may lead: the Auth server alone knows, and tells with any link, such as one that is no longer good. */
  async #allowedPage(request: Request, target: URL, ask: Ask): Promise<string> {
    const probe = new URL(target);
    probe.searchParams.set("type", "recovery");
    probe.searchParams.set("token", "none");
    const response = await ask(new Request(probe, { headers: request.headers }));
    return (response.headers.get("location") ?? "").split("#", 1)[0] ?? "";
  }

  /** Whoever read the mail has the address: from now on a sign-in elsewhere with it may join the account. */
  async #prove(userId: string): Promise<void> {
    await this.#options.sql`
      update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = now()
      where user_id = ${userId} and provider = 'email' and not coalesce((identity_data ->> 'email_verified')::boolean, false)`;
  }
}

function withoutPrefix(token: string): string {
  return token.startsWith(PKCE_PREFIX) ? token.slice(PKCE_PREFIX.length) : token;
}

function lead(page: string, values: URLSearchParams): Response {
  return new Response(null, { status: 303, headers: { location: `${page}#${values}` } });
}
