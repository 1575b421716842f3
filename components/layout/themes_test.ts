import assert from "node:assert/strict";
import { withContrast } from "../../tools/build_static.ts";

/** Values of the custom properties declared in one rule of a sheet. */
function propertiesOf(css: string, opening: string): Map<string, string> {
  const start = css.indexOf(opening);
  assert.notEqual(start, -1, opening);
  const block = css.slice(start + opening.length, css.indexOf("}", start));
  return new Map([...block.matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name = "", value = ""]) => [name, value]));
}

async function readSheet(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(`../../static/css/${name}.css`, import.meta.url));
}

/** Relative luminance of `#rrggbb`, WCAG 2.2. */
function luminanceOf(hex: string): number {
  assert.match(hex, /^#[0-9a-f]{6}$/);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminanceOf(a), luminanceOf(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const INKS = ["text", "text-2", "text-3", "accent", "up", "down", "late", "ema20", "ema50", "rsi"];
const GROUNDS = ["canvas", "panel", "raised", "selected"];

/** Ink and ground of what is written on something else than a panel. */
const PAIRS: readonly [string, string][] = [
  ["text", "pressed"],
  ["text", "alert"],
  ["down", "alert"],
  ["text", "selection"],
  ["ink", "accent"],
  ["ink", "accent-hover"],
  ["ink", "accent-pressed"],
  ["ink", "up"],
  ["ink", "down"],
  ["accent", "accent-soft"],
  ["accent-ink", "accent-soft"],
  ...Array.from({ length: 6 }, (_, i): [string, string] => [`hue-${i}-ink`, `hue-${i}`]),
];

const THEMES = [
  { name: "dark", sheet: "tokens", opening: ":root {", ratio: 4.5 },
  { name: "light", sheet: "themes", opening: ':root[data-theme="light"] {', ratio: 4.5 },
  { name: "contrast", sheet: "themes", opening: ':root[data-theme="contrast"] {', ratio: 7 },
];

for (const { name, sheet, opening, ratio } of THEMES) {
  Deno.test(`in the ${name} theme text has a contrast of at least ${ratio}, and edges of controls 3`, async () => {
    const values = propertiesOf(await readSheet(sheet), opening);
    const colour = (role: string) => values.get(role) ?? "";
    for (const [ink, ground] of [...INKS.flatMap((ink) => GROUNDS.map((ground) => [ink, ground])), ...PAIRS]) {
      const found = contrastOf(colour(ink ?? ""), colour(ground ?? ""));
      assert.ok(found >= ratio, `${ink} on ${ground}: ${found.toFixed(2)}`);
    }
    assert.ok(contrastOf(colour("edge"), colour("panel")) >= 3, "edge");
  });
}

Deno.test("each theme gives a value to every colour of the dark one, and none beside", async () => {
  const colours = (values: Map<string, string>) =>
    [...values].filter(([, value]) => /^(#|rgba?\(|transparent)/.test(value)).map(([name]) => name).toSorted();
  const dark = colours(propertiesOf(await readSheet("tokens"), ":root {"));
  for (const { sheet, opening } of THEMES) {
    assert.deepEqual(colours(propertiesOf(await readSheet(sheet), opening)), dark, opening);
  }
});

Deno.test("a system's wish for more contrast brings the very same theme, except to who chose the light one", async () => {
  const css = withContrast(await readSheet("themes"));
  const wished = css.slice(css.indexOf("@media (prefers-contrast: more)"));
  assert.deepEqual(
    propertiesOf(wished, ':root:not([data-theme="light"]) {'),
    propertiesOf(css, ':root[data-theme="contrast"] {'),
  );
  assert.doesNotMatch(css, /prefers-color-scheme/);
});

Deno.test("no sheet but the two of the themes names a colour", async () => {
  for await (const { name } of Deno.readDir(new URL("../../static/css/", import.meta.url))) {
    if (name === "tokens.css" || name === "themes.css") continue;
    assert.doesNotMatch(await readSheet(name.replace(".css", "")), /#[0-9a-f]{3,8}\b(?![^{]*\{)|rgba?\(/i, name);
  }
});
