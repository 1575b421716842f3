import { writeSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { accountSchema } from "../../lib/accounts/account.ts";
import type { StoredSession } from "../../lib/accounts/session.ts";
import { PREFERENCES_COOKIE } from "../../lib/kernel/preferences.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { AppContext } from "../context.ts";
import { rememberPreferences } from "../preferences.ts";
import type { Services } from "../services.ts";

/** Keeps a new session in the browser and goes on; a browser that has chosen nothing takes the profile's ways. */
export async function signedIn(
  c: AppContext,
  { rpc, cookieName, logger }: Services,
  session: StoredSession,
  next: string,
): Promise<Response> {
  const log = { request_id: c.get("requestId") };
  writeSessionCookie(c.get("jar"), cookieName, session);
  logger.info("Signed in", log);
  if (!c.get("jar").sent.has(PREFERENCES_COOKIE)) {
    try {
      const { profile } = accountSchema.parse(await rpc.call("my_account", {}, { accessToken: session.access_token }));
      // A profile never saved says nothing: the browser's own language is the better guess.
      if (profile.updated_at !== profile.created_at) {
        rememberPreferences(c, { locale: profile.locale, theme: profile.theme, timeZone: profile.time_zone });
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      logger.warn("Preferences not taken over", { ...log, code: error.code });
    }
  }
  return c.redirect(next, 303);
}
