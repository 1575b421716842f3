import { fileURLToPath } from "node:url";
import type { AssetManifest } from "../components/layout/page_context.ts";
import { bundleIslands, type Chunk } from "./build_islands.ts";
import { digestSources, stampBuild } from "./build_stamp.ts";
import { buildFonts, buildIcon, buildStyles, encode, gzipSize, writeWhole } from "./build_static.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = `${ROOT}static/dist`;

/** Modules that come once somebody asks for what is in them: they are no part of opening a page. */
const ON_DEMAND = /^(room_extras|video_panel)-/;

/** Each of them, gzipped, with the pieces it shares with none of a page's other modules. */
const ON_DEMAND_bytes_MAX = 6_000;

/** A kind of page and the script it may load, gzipped bytes: phones on slow lines set the limits. */
const BUDGETS: readonly { page: string; islands: readonly string[]; bytesMax: number }[] = [
  { page: "static pages", islands: [], bytesMax: 15_000 },
  { page: "landing", islands: ["ticker_strip", "feed_status"], bytesMax: 35_000 },
  { page: "markets", islands: ["markets_table", "feed_status"], bytesMax: 35_000 },
  {
    page: "pages of one's own",
    islands: ["session_guard", "step_up", "hold_confirm", "destination_check"],
    bytesMax: 35_000,
  },
  { page: "market with chart", islands: ["market_chart"], bytesMax: 100_000 },
  { page: "market, signed in", islands: ["market_chart", "alert_toast"], bytesMax: 102_500 },
  { page: "markets, signed in", islands: ["markets_table", "feed_status", "alert_toast"], bytesMax: 37_500 },
  { page: "monitor", islands: ["monitor"], bytesMax: 40_000 },
  { page: "pool", islands: ["pool_view"], bytesMax: 38_000 },
  { page: "pool, real money", islands: ["pool_view", "hold_confirm"], bytesMax: 38_700 },
  { page: "list of rooms", islands: ["live_list"], bytesMax: 15_000 },
  { page: "room", islands: ["room_view"], bytesMax: 111_000 },
  { page: "room, signed in", islands: ["room_view", "alert_toast"], bytesMax: 113_000 },
  { page: "studio", islands: ["studio", "alert_toast"], bytesMax: 114_000 },
];

/**
 * Builds everything the browser loads into `static/dist` and writes `manifest.json` there.
 * @param report hears each page's share of its budget, a line each.
 * @throws when bundling fails or a page's script is over its budget.
 */
export async function build(report: (line: string) => void = () => {}): Promise<AssetManifest> {
  await Deno.mkdir(DIST, { recursive: true });
  // Before anything is read: what changes meanwhile makes the next start build again.
  const digest = await digestSources(ROOT);
  const [bundle, { fonts, files, rules }, icon] = await Promise.all([
    bundleIslands(ROOT, DIST),
    buildFonts(ROOT, DIST),
    buildIcon(ROOT, DIST),
  ]);
  const css = await buildStyles(ROOT, DIST, rules);
  const islands = Object.entries(bundle.islands).toSorted();
  const manifest: AssetManifest = {
    css: urlOf(css),
    boot: urlOf(bundle.boot.file),
    islands: Object.fromEntries(islands.map(([name, chunk]) => [name, urlOf(chunk.file)])),
    preload: Object.fromEntries(islands.map(([name, chunk]) => [name, chunk.imports.map(urlOf)])),
    icon: urlOf(icon),
    fonts: fonts.map(urlOf),
  };
  await checkBudgets(bundle.boot, bundle.islands, report);
  await writeWhole(`${DIST}/manifest.json`, encode(`${JSON.stringify(manifest, null, 2)}\n`));
  const built = new Set(["manifest.json", css, icon, ...files, ...bundle.files]);
  await removeOthers(built);
  await stampBuild(ROOT, digest, built);
  return manifest;
}

/** Removes what earlier builds left. Last, so that a server reading the old manifest finds its files till then. */
async function removeOthers(kept: ReadonlySet<string>): Promise<void> {
  for await (const { name } of Deno.readDir(DIST)) {
    if (!kept.has(name) && !name.endsWith(".tmp")) {
      await Deno.remove(`${DIST}/${name}`, { recursive: true }).catch(ignoreMissing);
    }
  }
}

function urlOf(file: string): string {
  return `/assets/${file}`;
}

async function checkBudgets(
  boot: Chunk,
  islands: Readonly<Record<string, Chunk>>,
  report: (line: string) => void,
): Promise<void> {
  for (const { page, islands: names, bytesMax } of BUDGETS) {
    const files = new Set([boot.file, ...boot.imports]);
    for (const name of names) {
      const chunk = islands[name];
      if (!chunk) throw new Error(`Cannot build "${page}": island "${name}" is missing`);
      // What is imported later, such as the chart, counts as well: the page needs it.
      for (const file of [chunk.file, ...chunk.imports, ...chunk.lazy]) files.add(file);
    }
    let bytes = 0;
    for (const file of files) {
      const size = await gzipSize(`${DIST}/${file}`);
      if (!ON_DEMAND.test(file)) bytes += size;
      else if (size > ON_DEMAND_bytes_MAX) throw new Error(`Cannot build: "${file}" is over its budget: ${size} bytes`);
    }
    const line = `${page}: ${(bytes / 1000).toFixed(1)} kB of script, gzipped, of ${bytesMax / 1000} kB`;
    if (bytes > bytesMax) throw new Error(`Cannot build: script is over its budget: ${line}`);
    report(line);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function say(line: string): void {
  Deno.stdout.writeSync(encode(`${line}\n`));
}

if (import.meta.main) {
  try {
    const startedMs = performance.now();
    await build(say);
    say(`Built static/dist in ${Math.round(performance.now() - startedMs)} ms`);
  } catch (error) {
    Deno.stderr.writeSync(encode(`${error instanceof Error ? error.message : error}\n`));
    Deno.exit(1);
  }
}
