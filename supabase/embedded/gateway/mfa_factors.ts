import type postgres from "postgres";
import { z } from "zod";
import { UUID_PATTERN } from "../../../lib/kernel/uuid.ts";
import type { StackConfig } from "../config.ts";
import { authError, json } from "./answers.ts";
import { writeAudit } from "./auth_audit.ts";
import type { AuthHooks } from "./auth_hooks.ts";
import type { AuthSessions, LiveSession, SessionGrant } from "./auth_sessions.ts";
import type { SecretBox } from "./secret_box.ts";
import type { SessionAnswers } from "./session_answers.ts";
import { setUpTotp } from "./totp.ts";
import { CHALLENGE_MS_MAX, refuseChallenge, refuseCode } from "./totp_judge.ts";
import { factorsOf } from "./user_json.ts";

/** What the factors are kept with. */
export interface MfaFactorsOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  sessions: AuthSessions;
  answers: SessionAnswers;
  secrets: SecretBox;
  hooks: AuthHooks;
  config: StackConfig["auth"]["mfa"];
  /** Names the issuer where the page names none. */
  siteUrl: string;
  nowMs: () => number;
}

/** Whose request it is, from a token that has been checked. */
export interface FactorCaller {
  userId: string;
  sessionId: string;
  address: string;
}

/** Challenges kept per factor; older ones are forgotten. */
const CHALLENGES_MAX = 20;
/** An enrolment nobody challenged is forgotten after this, as hosted. */
const UNUSED_FACTOR_S_MAX = 300;

const ENROLLMENT = z.object({
  factor_type: z.string(),
  friendly_name: z.string().max(255).default(""),
  issuer: z.string().max(255).default(""),
});
const VERIFICATION = z.object({ challenge_id: z.string().regex(UUID_PATTERN), code: z.string().max(64) });

interface FactorRow {
  id: string;
  status: "unverified" | "verified";
  factor_type: string;
  friendly_name: string | null;
  secret: string;
}

/** Second factors as Supabase Auth keeps them: authenticator apps (TOTP), under /auth/v1/factors. */
export class MfaFactors {
  readonly #options: MfaFactorsOptions;

  constructor(options: MfaFactorsOptions) {
    this.#options = options;
  }

  /** Answers a request; `path` is what follows /auth/v1/factors. */
  async handle(request: Request, path: string, caller: FactorCaller): Promise<Response> {
    const session = await this.#options.sessions.find(this.#options.sql, caller.sessionId);
    if (session === undefined || session.user_id !== caller.userId) return sessionNotFound();
    const [, factorId = "", action, ...rest] = path.split("/");
    if (rest.length > 0) return authError(404, "not_found", "Nothing here");
    const route = `${request.method} ${factorId === "" ? "" : ":id"}${action === undefined ? "" : `/${action}`}`;
    const body: unknown = request.method === "POST" ? await request.json().catch(() => undefined) : undefined;
    if (route === "POST ") return await this.#enroll(body, caller, session);
    if (factorId !== "" && !UUID_PATTERN.test(factorId)) {
      return authError(404, "validation_failed", "factor_id must be an UUID");
    }
    if (route === "POST :id/challenge") return await this.#challenge(factorId, caller);
    if (route === "POST :id/verify") return await this.#verify(factorId, body, caller);
    if (route === "DELETE :id") return await this.#unenroll(factorId, caller, session);
    return new Response(null, { status: 405, headers: { allow: "POST, DELETE" } });
  }

  /** `GET /admin/users/:id/factors` and `DELETE /admin/users/:id/factors/:factor`, for the secret key alone. */
  async handleAdmin(request: Request, userId: string, factorId: string | undefined): Promise<Response> {
    const { sql, sessions } = this.#options;
    const [user] = await sql<{ factors: { id: string }[] | null }[]>`
      select ${factorsOf(sql)} as factors from auth.users u where u.id = ${userId}`;
    if (user === undefined) return authError(404, "user_not_found", "User not found");
    const factors = user.factors ?? [];
    if (factorId === undefined) {
      return request.method === "GET"
        ? json(200, factors)
        : new Response(null, { status: 405, headers: { allow: "GET" } });
    }
    const factor = factors.find(({ id }) => id === factorId);
    if (factor === undefined) return factorNotFound();
    if (request.method !== "DELETE") return new Response(null, { status: 405, headers: { allow: "DELETE" } });
    await sql.begin(async (tx) => {
      await lockUser(tx, userId);
      await tx`delete from auth.mfa_factors where id = ${factorId} and user_id = ${userId}`;
      await sessions.weaken(tx, factorId);
      await writeAudit(tx, userId, "factor_deleted", "", { factor_id: factorId });
    });
    return json(200, factor);
  }

  async #enroll(body: unknown, caller: FactorCaller, session: LiveSession): Promise<Response> {
    const { sql, secrets, config, siteUrl } = this.#options;
    const given = ENROLLMENT.safeParse(body);
    if (!given.success) return authError(400, "validation_failed", "Could not read the factor to enroll");
    const { factor_type, friendly_name, issuer } = given.data;
    if (factor_type === "phone" || factor_type === "webauthn") {
      return authError(
        422,
        `mfa_${factor_type === "phone" ? "phone" : "web_authn"}_enroll_not_enabled`,
        `MFA enroll is disabled for ${factor_type}`,
      );
    }
    if (factor_type !== "totp") {
      return authError(400, "validation_failed", "factor_type needs to be totp, phone, or webauthn");
    }
    if (!config.totp.enroll_enabled) {
      return authError(422, "mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP");
    }
    const setup = setUpTotp(issuer || new URL(siteUrl).host, session.email || caller.userId);
    const id = crypto.randomUUID();
    const sealed = await secrets.seal(id, setup.secret);
    const refusal = await sql.begin(async (tx) => {
      await lockUser(tx, caller.userId);
      const refused = await this.#refuseEnrollment(tx, caller.userId, friendly_name, session);
      if (refused !== undefined) return refused;
      await tx`
        insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret)
        values (${id}, ${caller.userId}, ${friendly_name}, 'totp', 'unverified', ${sealed})`;
      await writeAudit(tx, caller.userId, "factor_in_progress", caller.address, { factor_id: id });
      return undefined;
    });
    if (refusal !== undefined) return refusal;
    const totp = { qr_code: setup.qrCode, secret: setup.secret, uri: setup.uri };
    return json(200, { id, type: "totp", friendly_name, totp }, { "cache-control": "no-store" });
  }

  async #refuseEnrollment(
    tx: postgres.TransactionSql,
    userId: string,
    name: string,
    session: LiveSession,
  ): Promise<Response | undefined> {
    await tx`
      delete from auth.mfa_factors f where f.user_id = ${userId} and f.status = 'unverified'
        and f.created_at < now() - ${UNUSED_FACTOR_S_MAX} * interval '1 second'
        and not exists (select from auth.mfa_challenges c where c.factor_id = f.id)`;
    const factors = await tx<{ friendly_name: string | null; status: string }[]>`
      select friendly_name, status from auth.mfa_factors where user_id = ${userId}`;
    if (factors.some((factor) => (factor.friendly_name ?? "") === name)) {
      const message = `A factor with the friendly name ${JSON.stringify(name)} for this user already exists`;
      return authError(422, "mfa_factor_name_conflict", message);
    }
    if (factors.length >= this.#options.config.max_enrolled_factors) {
      const message = "Maximum number of verified factors reached, unenroll to continue";
      return authError(422, "too_many_enrolled_mfa_factors", message);
    }
    if (factors.some(({ status }) => status === "verified") && session.aal !== "aal2") {
      return authError(403, "insufficient_aal", "AAL2 required to enroll a new factor");
    }
    return undefined;
  }

  async #challenge(factorId: string, { userId, address }: FactorCaller): Promise<Response> {
    if (!this.#options.config.totp.verify_enabled) return verifyDisabled();
    const id = crypto.randomUUID();
    return await this.#options.sql.begin(async (tx) => {
      const factor = await lockFactor(tx, factorId, userId);
      if (factor === undefined) return factorNotFound();
      await tx`
        delete from auth.mfa_challenges where id in (
          select id from auth.mfa_challenges where factor_id = ${factorId}
          order by created_at desc offset ${CHALLENGES_MAX - 1})`;
      const [made] = await tx<{ created_at: Date }[]>`
        insert into auth.mfa_challenges (id, factor_id, ip_address) values (${id}, ${factorId}, ${address}::inet)
        returning created_at`;
      await tx`update auth.mfa_factors set last_challenged_at = now() where id = ${factorId}`;
      await writeAudit(tx, userId, "challenge_created", address, { factor_id: factorId, factor_status: factor.status });
      const expires_at = Math.floor(((made?.created_at.getTime() ?? 0) + CHALLENGE_MS_MAX) / 1000);
      return json(200, { id, type: "totp", expires_at });
    });
  }

  async #verify(factorId: string, body: unknown, caller: FactorCaller): Promise<Response> {
    const { sql, answers, secrets, hooks, config, nowMs } = this.#options;
    if (!config.totp.verify_enabled) return verifyDisabled();
    const given = VERIFICATION.safeParse(body);
    if (!given.success) return authError(400, "validation_failed", "A challenge_id and a code are needed");
    const outcome = await sql.begin(async (tx): Promise<Response | SessionGrant> => {
      await lockUser(tx, caller.userId);
      const factor = await lockFactor(tx, factorId, caller.userId);
      if (factor === undefined) return factorNotFound();
      const { challenge_id, code } = given.data;
      const challenge = await refuseChallenge(tx, factorId, challenge_id, caller.address);
      if (challenge !== undefined) return challenge;
      const secret = await secrets.open(factorId, factor.secret);
      const refusal = await refuseCode(tx, { id: factorId, secret }, code, nowMs());
      // A factor that takes no code for now has judged none.
      if (refusal?.status === 429) return refusal;
      const verdict = await hooks.factorAttempt(tx, { ...caller, factorId, valid: refusal === undefined });
      if (!verdict.go) {
        if (verdict.logsOut) await tx`delete from auth.sessions where user_id = ${caller.userId}`;
        return verdict.refusal;
      }
      return refusal ?? await this.#accept(tx, factorId, challenge_id, caller);
    });
    return outcome instanceof Response ? outcome : await answers.answer(outcome);
  }

  async #accept(
    tx: postgres.TransactionSql,
    factorId: string,
    challengeId: string,
    { userId, sessionId, address }: FactorCaller,
  ): Promise<Response | SessionGrant> {
    const grant = await this.#options.sessions.strengthen(tx, { userId, sessionId, factorId });
    if (grant === undefined) return sessionNotFound();
    await tx`update auth.mfa_challenges set verified_at = now() where id = ${challengeId}`;
    await tx`
      update auth.mfa_factors set status = 'verified', updated_at = now()
      where id = ${factorId} and status = 'unverified'`;
    // As hosted: who has not shown the second factor is out, and other enrolments under way are void.
    await tx`delete from auth.sessions where user_id = ${userId} and coalesce(aal, 'aal1') < 'aal2'`;
    await tx`delete from auth.mfa_factors where user_id = ${userId} and status = 'unverified' and factor_type = 'totp'`;
    await writeAudit(tx, userId, "verification_attempted", address, {
      factor_id: factorId,
      challenge_id: challengeId,
      factor_type: "totp",
    });
    return grant;
  }

  async #unenroll(factorId: string, { userId, address }: FactorCaller, session: LiveSession): Promise<Response> {
    const { sql, sessions } = this.#options;
    return await sql.begin(async (tx) => {
      await lockUser(tx, userId);
      const factor = await lockFactor(tx, factorId, userId);
      if (factor === undefined) return factorNotFound();
      if (factor.status === "verified" && session.aal !== "aal2") {
        return authError(422, "insufficient_aal", "AAL2 required to unenroll verified factor");
      }
      await tx`delete from auth.mfa_factors where id = ${factorId}`;
      await sessions.weaken(tx, factorId);
      const traits = { factor_id: factorId, factor_status: factor.status };
      await writeAudit(tx, userId, "factor_unenrolled", address, traits);
      return json(200, { id: factorId });
    });
  }
}

/** One change of a user's factors at a time. */
async function lockUser(tx: postgres.TransactionSql, userId: string): Promise<void> {
  await tx`select from auth.users where id = ${userId} for no key update`;
}

async function lockFactor(
  tx: postgres.TransactionSql,
  factorId: string,
  userId: string,
): Promise<FactorRow | undefined> {
  const [factor] = await tx<FactorRow[]>`
    select id, status, factor_type, friendly_name, secret from auth.mfa_factors
    where id = ${factorId} and user_id = ${userId} and factor_type = 'totp' for update`;
  return factor;
}

function factorNotFound(): Response {
  return authError(404, "mfa_factor_not_found", "Factor not found");
}

function sessionNotFound(): Response {
  return authError(403, "session_not_found", "Session from session_id claim in JWT does not exist");
}

function verifyDisabled(): Response {
  return authError(422, "mfa_totp_verify_not_enabled", "MFA verification is disabled for TOTP");
}
