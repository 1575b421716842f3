import { clearSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import type { AuthResult } from "../../lib/accounts/edge/auth_api.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { type Code, CODES, isCode } from "../../lib/kernel/codes.ts";
import { type MessageKey, t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { uuidv7 } from "../../lib/kernel/uuid.ts";
import type { AppContext } from "../context.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

/** Pages of one's own are for nobody's cache. */
export const NO_STORE = "no-store";

/** What a page may be told in its address that it did: message keys, so that an address cannot say anything else. */
const DONE_KEYS = [
  "accounts.saved",
  "accounts.email_sent",
  "accounts.email_half",
  "accounts.device_revoked",
  "accounts.authenticator_done",
  "accounts.authenticator_removed",
  "accounts.recovery_used",
  "admin.done",
  "alerts.saved",
  "alerts.changed",
  "alerts.deleted",
  "limits.saved",
  "limits.saved_later",
  "wallet.faucet_done",
  "pools.done_subscribed",
  "pools.done_redeemed",
  "pools.done_cancelled",
  "credits.done_posted",
  "credits.done_waiting",
  "credits.done_rejected",
  "credits.done_withdrawn",
  "payments.done_assigned",
  "payments.done_returned",
  "payments.done_waiting",
  "payments.done_reopened",
  "withdrawals.done_requested",
  "withdrawals.done_changed",
  "withdrawals.done_cancelled",
  "money.done_pool_created",
  "money.done_forced",
  "money.done_approved",
  "money.done_rejected",
  "rooms.done_tipped",
  "rooms.done_followed",
  "rooms.done_unfollowed",
  "studio.done_created",
  "studio.done_live",
  "studio.done_saved",
  "studio.done_ended",
  "studio.done_cancelled",
  "studio.done_posted",
  "studio.done_followed",
  "studio.done_unfollowed",
] as const satisfies MessageKey[];

/** See {@link DONE_KEYS}. */
export type DoneKey = (typeof DONE_KEYS)[number];

/** Refusals with words of their own beside the catalogue's titles. */
const ERROR_KEYS = {
  session_ended: "accounts.session_ended",
  delete_mismatch: "accounts.delete_mismatch",
  delete_admin: "accounts.delete_admin",
} as const satisfies Record<string, MessageKey>;

/** What a page's address may say went wrong. */
export type ErrorKey = Code | keyof typeof ERROR_KEYS;

/** The sentence of what went wrong, in the reader's language; null for what is not ours to say. */
export function errorText(c: AppContext, error: string | undefined): string | null {
  if (error === undefined) return null;
  const { locale } = preferencesOf(c);
  const wait_s = /^[1-9]\d{0,5}$/.exec(c.req.query("wait") ?? "")?.[0];
  if (error === "rate_limited" && wait_s !== undefined) return t(locale, "accounts.wait", { seconds: wait_s });
  if (Object.hasOwn(ERROR_KEYS, error)) return t(locale, ERROR_KEYS[error as keyof typeof ERROR_KEYS]);
  return isCode(error) ? t(locale, `code.${error}`) : null;
}

/** What the page's address says the last form led to. */
export function saidTo(c: AppContext): { error: string | null; done: string | null } {
  const done = DONE_KEYS.find((key) => key === c.req.query("done"));
  return { error: errorText(c, c.req.query("error")), done: done ? t(preferencesOf(c).locale, done) : null };
}

/** Goes to a page and has it say that something is done. */
export function toDone(c: AppContext, path: string, done: DoneKey): Response {
  return c.redirect(`${path}?${new URLSearchParams({ done })}`, 303);
}

/** Goes to a page and has it say what went wrong. */
export function toError(c: AppContext, path: string, error: ErrorKey, more: Record<string, string> = {}): Response {
  return c.redirect(`${path}?${new URLSearchParams({ ...more, error })}`, 303);
}

/** What a page's address says besides {@link toError}'s code of what Auth refused: how long to wait, if that is known. */
export function waitOf({ retryAfter_s }: { retryAfter_s?: number | null }): Record<string, string> {
  return retryAfter_s ? { wait: String(retryAfter_s) } : {};
}

/** An id for a form's request: sent twice, it is done once. */
export function newClientId({ nowMs, random }: Pick<Services, "nowMs" | "random">): string {
  return uuidv7(nowMs(), random(10));
}

/**
 * Serves a page of one's own: who is not signed in goes to the sign-in, whose session was ended elsewhere too, without
 * its cookies; a second factor is asked for where the database wants one. Other refusals of a form are told on `path`.
 * @param path the page to come back to.
 */
export async function personally(
  c: AppContext,
  services: Services,
  path: string,
  serve: (session: Session) => Promise<Response>,
): Promise<Response> {
  const session = await sessionOf(c, services);
  if (session === null) return c.redirect(`/login?${new URLSearchParams({ next: path })}`, 303);
  try {
    return await serve(session);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "unauthenticated") return endSession(c, services, path);
    if (STEP_UP_CODES.includes(error.code)) {
      return c.redirect(`/step-up?${new URLSearchParams({ next: path })}`, 303);
    }
    if (c.req.method === "GET" || CODES[error.code].status >= 500 || error.code === "not_found") throw error;
    return toError(c, path, error.code, waitOf(error));
  }
}

/** Refusals that a second factor answers. */
const STEP_UP_CODES: readonly Code[] = ["step_up_required", "insufficient_aal"];

/** Whether an error is a refusal that the page of the form can tell: neither a breakdown nor one that leads elsewhere. */
export function isToldOnPage(error: unknown): error is Refusal {
  return error instanceof Refusal && CODES[error.code].status < 500 && error.code !== "unauthenticated" &&
    !STEP_UP_CODES.includes(error.code);
}

/**
 * Leads what was refused back to the form on `path`, with what was typed; null where it was done.
 * @throws what {@link personally} answers, and that the form's subject is not there.
 */
export async function toldIn(
  c: AppContext,
  path: string,
  fields: Record<string, string>,
  done: Promise<unknown>,
): Promise<Response | null> {
  try {
    await done;
    return null;
  } catch (error) {
    if (!isToldOnPage(error) || error.code === "not_found") throw error;
    return toError(c, path, error.code, { ...fields, ...waitOf(error) });
  }
}

/** Forgets a session that the database says has ended, and asks to sign in again. */
export function endSession(c: AppContext, { cookieName }: Services, next: string): Response {
  clearSessionCookie(c.get("jar"), cookieName);
  return toError(c, "/login", "session_ended", { next });
}

/** Unwraps an answer of Auth. @throws Refusal with its code. */
export function orRefuse<T>(answer: AuthResult<T>): T {
  if (!answer.ok) throw new Refusal(answer.code, CODES[answer.code].title, answer.retryAfter_s);
  return answer.data;
}
