import type { MessageKey, ParamsOf } from "../../lib/kernel/i18n.ts";
import { fillIn, type Locale, type Messages } from "../../lib/kernel/text.ts";

/** What a page speaks: a language, a time zone, and the messages at hand. Plain data, so a browser gets it as JSON. */
export interface PageTexts {
  locale: Locale;
  timeZone: string;
  /** On the server all of them; in a browser those island_texts.ts sends, for no catalogue gets into a bundle. */
  messages: Messages;
}

/** {@link PageTexts} with a way to say them. */
export interface Texts extends PageTexts {
  /** A message with its `{names}` filled in; a key nobody sent stands for itself. */
  t<Key extends MessageKey>(key: Key, ...params: ParamsOf<Key>): string;
}

// Not a context of Preact's: that costs every live page 400 bytes of script, and a browser's page has one language
// for as long as it lives. On the server rendering is synchronous, so no two pages are rendered at once.
let current: Texts | undefined;

/** Makes texts speak. */
export function createTexts(texts: PageTexts): Texts {
  return { ...texts, t: (key, ...[params]) => fillIn(texts.messages[key] ?? key, params) };
}

/** Gives this document its texts, for good. For browsers only. */
export function setTexts(texts: Texts): void {
  current = texts;
}

/** Renders synchronously with these texts, and leaves none behind. */
export function renderWith<Result extends string>(texts: Texts, render: () => Result): Result {
  const before = current;
  current = texts;
  try {
    return render();
  } finally {
    current = before;
  }
}

/** The page's texts. */
export function useTexts(): Texts {
  if (!current) throw new Error("Cannot render: texts are missing");
  return current;
}
