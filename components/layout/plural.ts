import type { PluralKey } from "../../lib/kernel/i18n.ts";
import { fillIn, type MessageParams, pluralCategory } from "../../lib/kernel/text.ts";
import type { PageTexts } from "./texts.ts";

/**
 * A message in the form this count asks for (`key_one`, `key_other`), of those at hand. `{count}` is filled in as it is,
 * unless `params` writes it otherwise. No method of the texts: pages that count nothing need not load it.
 */
export function plural(
  { locale, messages }: PageTexts,
  key: PluralKey,
  count: number,
  params: MessageParams = {},
): string {
  const text = messages[`${key}_${pluralCategory(locale, count)}`] ?? messages[`${key}_other`] ?? key;
  return fillIn(text, { count, ...params });
}
