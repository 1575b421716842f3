import { ownPath } from "../lib/accounts/next_path.ts";
import { isLocale } from "../lib/kernel/i18n.ts";
import {
  parsePreferences,
  type Preferences,
  PREFERENCES_COOKIE,
  PREFERENCES_seconds,
  resolvePreferences,
  serializePreferences,
} from "../lib/kernel/preferences.ts";
import { Refusal } from "../lib/kernel/problem.ts";
import { isTheme } from "../lib/kernel/theme.ts";
import { isTimeZone } from "../lib/kernel/time_zone.ts";
import type { App, AppContext } from "./context.ts";

/** How this request's visitor wants pages to be. */
export function preferencesOf(c: AppContext): Preferences {
  // A request refused before its cookies were read still gets a page.
  const cookie = c.get("jar")?.sent.get(PREFERENCES_COOKIE);
  return resolvePreferences(parsePreferences(cookie), c.req.header("accept-language") ?? null);
}

/** Remembers choices in the visitor's browser, beside those made earlier; a profile's own ones come here too. */
export function rememberPreferences(c: AppContext, choices: Partial<Preferences>): void {
  const jar = c.get("jar");
  const before = parsePreferences(jar.sent.get(PREFERENCES_COOKIE));
  const value = serializePreferences({ ...before, ...choices });
  jar.set(PREFERENCES_COOKIE, value, { maxAgeSeconds: PREFERENCES_seconds });
}

/** Keeps choices in the profile of whoever is signed in, beside the browser's cookie. */
export type KeepChoices = (c: AppContext, choices: Partial<Preferences>) => Promise<void>;

/** Adds `POST /preferences {locale?, theme?, time_zone?, next?}`: the language and theme switch of every page. */
export function addPreferences(app: App, keep: KeepChoices): void {
  app.post("/preferences", async (c) => {
    const form = await readForm(c);
    const choices = choicesOf(form);
    rememberPreferences(c, choices);
    await keep(c, choices);
    return c.redirect(ownPath(typeof form.next === "string" ? form.next : null) ?? "/", 303);
  });
}

async function readForm(c: AppContext): Promise<Record<string, unknown>> {
  try {
    return await c.req.parseBody();
  } catch {
    throw new Refusal("bad_request", "The form could not be read");
  }
}

/** @throws Refusal for a choice that is none of ours: a form of ours offers no other. */
function choicesOf({ locale, theme, time_zone: timeZone }: Record<string, unknown>): Partial<Preferences> {
  const choices: Partial<Preferences> = {};
  if (locale !== undefined) {
    if (!isLocale(locale)) throw new Refusal("bad_request", "The language is not offered");
    choices.locale = locale;
  }
  if (theme !== undefined) {
    if (!isTheme(theme)) throw new Refusal("bad_request", "The theme is not offered");
    choices.theme = theme;
  }
  if (timeZone !== undefined) {
    if (!isTimeZone(timeZone)) throw new Refusal("invalid_time_zone", "The time zone is not known");
    choices.timeZone = timeZone;
  }
  return choices;
}
