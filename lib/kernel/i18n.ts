import { EN, type MessageKey } from "./messages/en.ts";
import { ES } from "./messages/es.ts";
import { FR } from "./messages/fr.ts";
import { fillIn, type Locale, LOCALES, type MessageParams, type Messages, pluralCategory } from "./text.ts";

export type { MessageKey } from "./messages/en.ts";
export { type Locale, LOCALES } from "./text.ts";

/** What a visitor reads who asks for no language of ours. */
export const DEFAULT_LOCALE: Locale = "en";

/** Characters and ranges of an `Accept-Language` header that are looked at: browsers send a handful. */
const HEADER_LENGTH_MAX = 512;
const RANGES_MAX = 32;

const CATALOGUES: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = { en: EN, fr: FR, es: ES };

/** Names between braces in a message: `"{count} of {limit}"` → `"count" | "limit"`. */
type NamesOf<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesOf<Rest> : never;

/** The values a message needs, as the last argument of a call; none when it has no names. */
export type ParamsOf<Key extends MessageKey> = [NamesOf<(typeof EN)[Key]>] extends [never] ? []
  : [params: Readonly<Record<NamesOf<(typeof EN)[Key]>, string | number>>];

/** Keys that have a form for one and a form for several: `"sessions"` for `"sessions_one"`, `"sessions_other"`. */
export type PluralKey = MessageKey extends infer Key ? Key extends `${infer Stem}_other` ? Stem : never : never;

/** Whether a text from outside names a language of ours. */
export function isLocale(value: unknown): value is Locale {
  return LOCALES.some((locale) => locale === value);
}

/** All messages of one language. */
export function messagesOf(locale: Locale): Readonly<Record<MessageKey, string>> {
  return CATALOGUES[locale];
}

/** A message in one language, its `{names}` filled in. Texts stay text: whoever renders them escapes them. */
export function t<Key extends MessageKey>(locale: Locale, key: Key, ...[params]: ParamsOf<Key>): string {
  return fillIn(CATALOGUES[locale][key], params);
}

/** A message in the form this count asks for (`key_one`, `key_other`); `{count}` is filled in as it is. */
export function plural(locale: Locale, key: PluralKey, count: number, params: MessageParams = {}): string {
  const messages: Messages = CATALOGUES[locale];
  const text = messages[`${key}_${pluralCategory(locale, count)}`] ?? messages[`${key}_other`] ?? key;
  return fillIn(text, { count, ...params });
}

/**
 * The language to answer in, from `Accept-Language` (RFC 9110 §12.5.4 with RFC 4647's basic filtering by primary
 * subtag): the highest quality wins, at equal quality the earlier one; `q=0` excludes; `*` stands for whatever was not
 * named. Garbage is skipped, and what is beyond the limits is not read.
 */
export function negotiateLocale(acceptLanguage: string | null): Locale {
  const quality = new Map<string, number>();
  const ranges = (acceptLanguage ?? "").slice(0, HEADER_LENGTH_MAX).split(",").slice(0, RANGES_MAX);
  for (const range of ranges) {
    const parts = /^\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(
      range,
    );
    if (!parts) continue;
    const primary = (parts[1] ?? "").split("-")[0]?.toLowerCase() ?? "";
    // "fr-CA;q=0.9, fr;q=0.5" speaks French at its best.
    quality.set(primary, Math.max(quality.get(primary) ?? 0, Number(parts[2] ?? 1)));
  }
  const order = [...quality.keys()];
  const rest = quality.get("*") ?? 0;
  const placeOf = (locale: Locale) => order.includes(locale) ? order.indexOf(locale) : order.length;
  const wanted = LOCALES.map((locale) => ({ locale, q: quality.get(locale) ?? rest }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q || placeOf(a.locale) - placeOf(b.locale));
  return wanted[0]?.locale ?? DEFAULT_LOCALE;
}
