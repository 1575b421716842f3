import { DEFAULT_TIME_ZONE, isTimeZone } from "./time_zone.ts";
import { isLocale, negotiateLocale } from "./i18n.ts";
import type { Locale } from "./text.ts";
import { DEFAULT_THEME, isTheme, type Theme } from "./theme.ts";

/** How a visitor wants pages to be. */
export interface Preferences {
  locale: Locale;
  /** An IANA name. */
  timeZone: string;
  theme: Theme;
}

/** The cookie that carries what was chosen. It holds nothing secret and grants nothing. */
export const PREFERENCES_COOKIE = "outcry_prefs";

/** How long a choice is remembered: a year, renewed with each choice. */
export const PREFERENCES_seconds = 365 * 24 * 3600;

/** Characters of the cookie that are looked at: a language, a theme and a zone need fewer. */
const COOKIE_LENGTH_MAX = 80;

/**
 * Reads `<locale>.<theme>.<time zone>`, each of which may be empty. What is missing or makes no sense counts as not
 * chosen: anyone can write a cookie into their own browser.
 */
export function parsePreferences(cookie: string | undefined): Partial<Preferences> {
  if (cookie === undefined || cookie.length > COOKIE_LENGTH_MAX) return {};
  const [locale, theme, timeZone] = cookie.split(".");
  return {
    ...(isLocale(locale) ? { locale } : {}),
    ...(isTheme(theme) ? { theme } : {}),
    ...(isTimeZone(timeZone) ? { timeZone } : {}),
  };
}

/** Writes what {@link parsePreferences} reads. */
export function serializePreferences(
  { locale = "", theme = "", timeZone = "" }: Partial<Record<keyof Preferences, string>>,
): string {
  return `${locale}.${theme}.${timeZone}`;
}

/** What a page shall be: the visitor's choices, then the browser's languages, then the house's own way. */
export function resolvePreferences(chosen: Partial<Preferences>, acceptLanguage: string | null): Preferences {
  return {
    locale: chosen.locale ?? negotiateLocale(acceptLanguage),
    timeZone: chosen.timeZone ?? DEFAULT_TIME_ZONE,
    theme: chosen.theme ?? DEFAULT_THEME,
  };
}
