import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";
import { minifyCss } from "./build_static.ts";

const DIST = fileURLToPath(new URL("../static/dist/", import.meta.url));

async function readAsset(url: string): Promise<string> {
  assert.match(url, /^\/assets\/[\w-]+-[0-9a-f]{10}\.\w+$/);
  return await Deno.readTextFile(`${DIST}${url.slice("/assets/".length)}`);
}

Deno.test("build() writes every file its manifest names, and the same names for the same sources", async () => {
  const manifest = await build();
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${DIST}manifest.json`)), manifest);
  assert.deepEqual(Object.keys(manifest.islands), [
    "feed_status",
    "market_chart",
    "markets_table",
    "session_guard",
    "ticker_strip",
  ]);
  const modules = [manifest.boot, ...Object.values(manifest.islands), ...Object.values(manifest.preload).flat()];
  for (const url of [...modules, manifest.css, manifest.icon, ...manifest.fonts]) await readAsset(url);
  assert.deepEqual(await build(), manifest);
});

Deno.test("no script for the browser holds the schema library, or anything a server keeps to itself", async () => {
  await build();
  for await (const { name } of Deno.readDir(DIST)) {
    if (!name.endsWith(".js")) continue;
    assert.doesNotMatch(await Deno.readTextFile(`${DIST}${name}`), /ZodError|sb_secret_|service_role|Deno\.env/, name);
  }
});

Deno.test("each island's module exports a function of the island's name", async () => {
  const manifest = await build();
  for (const [name, url] of Object.entries(manifest.islands)) {
    assert.match(await readAsset(url), new RegExp(`export\\{[^}]*\\b${name}\\b`), name);
  }
});

Deno.test("minifyCss() drops comments and space and keeps what separates words", () => {
  assert.equal(minifyCss("/* a */ .a  .b {\n  margin: 0 auto;\n}\n"), ".a .b{margin: 0 auto}");
});
