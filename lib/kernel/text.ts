/** Languages every page speaks. */
export const LOCALES = ["en", "fr", "es"] as const;

/** A language of ours. */
export type Locale = (typeof LOCALES)[number];

/** Messages by key. A browser gets only those its islands show. */
export type Messages = Readonly<Record<string, string>>;

/** Values for a message's `{names}`. */
export type MessageParams = Readonly<Record<string, string | number>>;

/** Fills a message's `{names}` in; a name without a value stays as it is. */
export function fillIn(text: string, params: MessageParams = {}): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(params[name] ?? all));
}

/** Which plural form a count asks for in a language: "one", "many", "other". */
export function pluralCategory(locale: Locale, count: number): Intl.LDMLPluralRule {
  return new Intl.PluralRules(locale).select(count);
}
