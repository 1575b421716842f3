import assert from "node:assert/strict";
import { LOCALES, messagesOf, negotiateLocale, t } from "./i18n.ts";
import { fillIn, pluralCategory } from "./text.ts";

/** Each `{name}` of a message, in order of the alphabet. */
function namesOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name).toSorted();
}

Deno.test("every language has the same keys and, in each message, the same names to fill in", () => {
  const english = messagesOf("en");
  const keys = Object.keys(english).toSorted();
  for (const locale of LOCALES) {
    const messages: Readonly<Record<string, string>> = messagesOf(locale);
    assert.deepEqual(Object.keys(messages).toSorted(), keys, locale);
    for (const [key, text] of Object.entries(english)) {
      assert.deepEqual(namesOf(messages[key] ?? ""), namesOf(text), `${locale} ${key}`);
      assert.notEqual(messages[key]?.trim(), "", `${locale} ${key}`);
    }
  }
});

Deno.test("no message has an unmatched brace, markup or stray space", () => {
  for (const locale of LOCALES) {
    for (const [key, text] of Object.entries(messagesOf(locale))) {
      assert.equal(fillIn(text, new Proxy({}, { get: () => "x" })).search(/[{}<>]/), -1, `${locale} ${key}`);
      assert.equal(text, text.trim(), `${locale} ${key}`);
      assert.doesNotMatch(text, / {2}|\t|\n/, `${locale} ${key}`);
    }
  }
});

Deno.test("French keeps its marks with their words: no plain space before : ; ? ! » or after «", () => {
  for (const [key, text] of Object.entries(messagesOf("fr"))) {
    assert.doesNotMatch(text, / [:;?!»]|« /, key);
  }
});

Deno.test("t() fills names in as text, and leaves unknown ones alone", () => {
  assert.equal(
    t("fr", "markets.no_match", { query: "<b>{query}" }),
    "Aucun marché ne correspond à «\u00a0<b>{query}\u00a0».",
  );
  assert.equal(fillIn("{a} {b}", { a: 1 }), "1 {b}");
});

Deno.test("pluralCategory() follows each language's own rules", () => {
  assert.deepEqual([0, 1, 2].map((count) => pluralCategory("en", count)), ["other", "one", "other"]);
  assert.deepEqual([0, 1, 2].map((count) => pluralCategory("fr", count)), ["one", "one", "other"]);
  assert.equal(pluralCategory("es", 1_000_000), "many");
});

const HEADERS: [string | null, string][] = [
  [null, "en"],
  ["", "en"],
  ["fr", "fr"],
  ["fr-CA", "fr"],
  ["ES-419,es;q=0.9", "es"],
  ["de,fr;q=0.8,en;q=0.5", "fr"],
  ["en;q=0.4, es;q=0.7, fr;q=0.6", "es"],
  ["fr;q=0.5,es;q=0.5", "fr"],
  ["es,fr", "es"],
  ["de", "en"],
  ["de,*;q=0.1", "en"],
  ["en;q=0,*", "fr"],
  ["fr;q=0", "en"],
  ["fr-CA;q=0.2, fr;q=0.9, es;q=0.5", "fr"],
  ["en;q=0.1,*;q=0.5", "fr"],
  ["*;q=0", "en"],
  ["fr;q=2", "en"],
  ["fr;q=0.1234", "en"],
  ["fr;q=abc, es;q=0.1", "es"],
  ["<script>, es", "es"],
  ["frfrfrfrfr", "en"],
  [`${"de,".repeat(40)}fr`, "en"],
  [`${"x".repeat(600)},fr`, "en"],
];

for (const [header, locale] of HEADERS) {
  Deno.test(`Accept-Language ${JSON.stringify(header?.slice(0, 40) ?? null)} reads ${locale}`, () => {
    assert.equal(negotiateLocale(header), locale);
  });
}
