import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Words that are written alike in every language: names, symbols and what a program reads. */
const ALIKE = new Set(["Outcry", "TradingView", "Ctrl K", "EMA 20", "EMA 50", "BB 20, 2", "RSI 14", "MACD 12, 26"]);

/** Attributes whose value a visitor reads or hears. */
const SPOKEN = /\b(?:aria-label|aria-description|placeholder|title|alt|name|label)="([^"]*)"/g;

async function* sourcesBelow(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sourcesBelow(path);
    else if (/(?<!_test|^testing)\.tsx$/.test(entry.name)) yield path;
  }
}

/**
 * Texts in a component's source that a visitor would read as they are: between tags, and in attributes that are spoken.
 * Code in braces is cut out from the inside until none is left, so that only what JSX prints remains.
 */
function literalTexts(source: string): string[] {
  const bare = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "").replace(/=>/g, "");
  const found: string[] = [];
  for (const [, value = ""] of bare.matchAll(SPOKEN)) found.push(value);
  for (const [, text = ""] of bare.matchAll(/<[a-zA-Z][\w.]*(?:\s[^<>]*)?>([^<>{};=]+)(?=[<{])/g)) found.push(text);
  for (const [, text = ""] of bare.matchAll(/\}([^<>{}();=]+)<\//g)) found.push(text);
  for (const [, text = ""] of bare.matchAll(/\/[a-z]*>([^<>{}();=]+)<\//g)) found.push(text);
  return found.map((text) => text.replace(/\s+/g, " ").trim()).filter(isProse);
}

/** Whether a text looks written for people: a capital and a letter more, or two words. */
function isProse(text: string): boolean {
  return !ALIKE.has(text) && (/^\p{Lu}\p{L}/u.test(text) || /\p{L}{2,} \p{L}{2,}/u.test(text));
}

Deno.test("literalTexts() finds what a visitor would read, and leaves code alone", () => {
  assert.deepEqual(literalTexts('<p class="a">Hello there</p>'), ["Hello there"]);
  assert.deepEqual(literalTexts("<p>\n  Signed in as <strong>{name}</strong>\n</p>"), ["Signed in as"]);
  assert.deepEqual(literalTexts("<p>{count} markets shown</p>"), ["markets shown"]);
  assert.deepEqual(literalTexts('<nav aria-label="Main"><a href="/x">{t("a.b")}</a></nav>'), ["Main"]);
  assert.deepEqual(literalTexts("const a = b < c && d > e; // Not a text\n/** Nor this */"), []);
});

Deno.test("no component and no island holds a text of its own: all come from the catalogues", async () => {
  for (const folder of ["components", "islands"]) {
    for await (const path of sourcesBelow(folder)) {
      assert.deepEqual(literalTexts(await Deno.readTextFile(`${ROOT}${path}`)), [], path);
    }
  }
});

/** Every module a bundle's entry takes along. */
async function modulesFrom(entry: string): Promise<Map<string, string>> {
  const modules = new Map([[entry, ""]]);
  for (const path of modules.keys()) {
    const source = await Deno.readTextFile(`${ROOT}${path}`);
    modules.set(path, source);
    // Imports of types leave nothing in a bundle.
    for (const [, target = ""] of source.matchAll(/^(?:(?:import|export) (?!type )[^;]*?|import )"(\.[^"]+)";/gm)) {
      const next = new URL(target, `file:///${path}`).pathname.slice(1);
      if (!modules.has(next)) modules.set(next, "");
    }
  }
  return modules;
}

const ENTRIES = [
  ["market/live.ts", /^live\./],
  ["market/market_chart.tsx", /^(live|chart)\./],
  ["pools/pools.tsx", /^(pool\.|live\.)/],
  ["rooms/rooms.tsx", /^(live|chart|room|room_category|code)\./],
  ["studio/studio.tsx", /^(studio_live|live|chart|room|code)\./],
] as const;

for (const [entry, allowed] of ENTRIES) {
  Deno.test(`islands/${entry} says only what is sent to it, and takes no catalogue along`, async () => {
    const modules = await modulesFrom(`islands/${entry}`);
    let said = 0;
    for (const [path, source] of modules) {
      assert.doesNotMatch(path, /messages|i18n/);
      for (const [, key = ""] of source.matchAll(/\bt\(\s*["`]([^"`$]+)/g)) {
        said++;
        assert.match(key, allowed, `${path} says ${key}`);
      }
    }
    assert.ok(said > 10, `${said} messages`);
  });
}
