import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";
import { digestSources, isBuilt, stampBuild } from "./build_stamp.ts";
import { minifyCss } from "./build_static.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = fileURLToPath(new URL("../static/dist/", import.meta.url));

async function readAsset(url: string): Promise<string> {
  assert.match(url, /^\/assets\/[\w-]+-[0-9a-f]{10}\.\w+$/);
  return await Deno.readTextFile(`${DIST}${url.slice("/assets/".length)}`);
}

Deno.test("build() writes every file its manifest names, and the same names for the same sources", async () => {
  const manifest = await build();
  assert.deepEqual(JSON.parse(await Deno.readTextFile(`${DIST}manifest.json`)), manifest);
  assert.deepEqual(Object.keys(manifest.islands), [
    "alert_forms",
    "alert_toast",
    "destination_check",
    "feed_status",
    "hold_confirm",
    "live_list",
    "market_chart",
    "markets_table",
    "monitor",
    "pool_view",
    "room_video",
    "room_view",
    "session_guard",
    "step_up",
    "studio",
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

Deno.test("a build is done once for the same sources, tests aside, and again when a built file is missing", async () => {
  const root = await Deno.makeTempDir({ prefix: "outcry-sources-" });
  const write = (name: string, text: string) => Deno.writeTextFile(`${root}/${name}`, text);
  const stamp = async () => await stampBuild(root, await digestSources(root), ["app.css"]);
  const isFresh = () => isBuilt(root, `${root}/dist`);
  try {
    for (
      const folder of ["components", "islands", "lib/kernel", "static/css", "static/icons", "node_modules", "dist"]
    ) {
      await Deno.mkdir(`${root}/${folder}`, { recursive: true });
    }
    await Deno.mkdir(`${root}/tools`);
    for (
      const name of ["deno.json", "deno.lock", "tools/build.ts", "tools/build_islands.ts", "tools/build_static.ts"]
    ) {
      await write(name, name);
    }
    await write("dist/app.css", "");
    assert.equal(await isFresh(), false);
    await stamp();
    await write("lib/kernel/text_test.ts", "changed");
    assert.equal(await isFresh(), true);
    for (
      const name of ["lib/kernel/text.ts", "islands/boot.ts", "static/css/base.css", "deno.lock", "tools/build.ts"]
    ) {
      await write(name, "changed");
      assert.equal(await isFresh(), false, name);
      await stamp();
      assert.equal(await isFresh(), true, name);
    }
    await Deno.remove(`${root}/dist/app.css`);
    assert.equal(await isFresh(), false);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a build leaves its stamp", async () => {
  await build();
  assert.equal(await isBuilt(ROOT, DIST), true);
});

Deno.test("each island's module exports a function of the island's name", async () => {
  const manifest = await build();
  for (const [name, url] of Object.entries(manifest.islands)) {
    assert.match(await readAsset(url), new RegExp(`export\\{[^}]*\\b${name}\\b`), name);
  }
  // The page with the chart takes it from there.
  assert.match(await readAsset(manifest.islands.market_chart ?? ""), /export\{[^}]*\bfeed_status\b/);
});

Deno.test("minifyCss() drops comments and space and keeps what separates words", () => {
  assert.equal(minifyCss("/* a */ .a  .b {\n  margin: 0 auto;\n}\n"), ".a .b{margin: 0 auto}");
});
