import { encode, hashedName, writeWhole } from "./build_static.ts";

/** A built module: its file, what it imports at once, and what it imports later. */
export interface Chunk {
  file: string;
  imports: string[];
  lazy: string[];
}

/** Everything `deno bundle` made. */
export interface Bundle {
  boot: Chunk;
  islands: Record<string, Chunk>;
  /** Names of all files written. */
  files: string[];
}

/** Island name → its module below `islands/`, without extension; the module exports a function of that name. */
const ISLANDS: Readonly<Record<string, string>> = {
  alert_forms: "alerts/alerts",
  alert_toast: "alerts/alerts",
  destination_check: "destination/destination_check",
  feed_status: "market/live",
  hold_confirm: "hold/hold_confirm",
  live_list: "live_list/live_list",
  market_chart: "market/market_chart",
  markets_table: "market/live",
  monitor: "monitor/monitor",
  pool_view: "pools/pools",
  room_video: "rooms_video/video",
  room_view: "rooms/rooms",
  session_guard: "own/session_guard",
  step_up: "own/step_up",
  studio: "studio/studio",
  ticker_strip: "market/live",
};

/** Bundles `islands/` for the browser into `dist`; shared code becomes chunks of its own. */
export async function bundleIslands(root: string, dist: string): Promise<Bundle> {
  const out = await Deno.makeTempDir({ prefix: "outcry-bundle-" });
  try {
    // The first alone: on a new machine it fetches the bundler itself, and two that did so at once would collide.
    await runBundler(root, out, ["islands/boot.ts", "islands/market/live.ts", "islands/market/market_chart.tsx"]);
    await Promise.all([
      // By themselves: they never share a page with the others, and sharing chunks would cost each of those 400 bytes.
      runBundler(root, `${out}/own`, ["islands/accounts/session_guard.ts", "islands/accounts/step_up.ts"]),
      runBundler(root, `${out}/hold`, ["islands/ledger/hold_confirm.ts"]),
      runBundler(root, `${out}/destination`, ["islands/ledger/destination_check.ts"]),
      runBundler(root, `${out}/live_list`, ["islands/rooms/live_list.ts"]),
      runBundler(root, `${out}/monitor`, ["islands/market/monitor.tsx"]),
      runBundler(root, `${out}/pools`, ["islands/pools/pools.tsx"]),
      runBundler(root, `${out}/rooms`, ["islands/rooms/rooms.tsx"]),
      runBundler(root, `${out}/rooms_video`, ["islands/rooms/video.tsx"]),
      runBundler(root, `${out}/studio`, ["islands/studio/studio.tsx"]),
      // Toasts take what they share with a page from that page's own module.
      runBundler(root, `${out}/alerts`, ["islands/market/alerts.ts"]),
    ]);
    const sources = new Map<string, string>();
    for await (const path of walkScripts(out, "")) sources.set(path, await Deno.readTextFile(`${out}/${path}`));
    const names = await nameFiles(sources);
    for (const [path, source] of sources) {
      await writeWhole(`${dist}/${names.get(path)}`, encode(renameImports(path, source, names)));
    }
    const chunks = new Map([...sources].map(([path, source]) => [path, importsOf(path, source)]));
    const chunkOf = (entry: string) => {
      const path = `${entry}.js`;
      if (!sources.has(path)) throw new Error(`Cannot build islands: "${entry}.js" is missing from the bundle`);
      return closure(path, chunks, names);
    };
    return {
      boot: chunkOf("boot"),
      islands: Object.fromEntries(Object.entries(ISLANDS).map(([name, entry]) => [name, chunkOf(entry)])),
      files: [...names.values()],
    };
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

async function runBundler(root: string, out: string, entries: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--platform", "browser", "--code-splitting", "--minify", "--outdir", out, ...entries],
    cwd: root,
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle the islands: ${new TextDecoder().decode(stderr).trim()}`);
}

async function* walkScripts(folder: string, prefix: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    if (entry.isDirectory) yield* walkScripts(folder, `${prefix}${entry.name}/`);
    else if (entry.name.endsWith(".js")) yield `${prefix}${entry.name}`;
  }
}

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+\.js)"/g;

/** Gives each file a flat name with a hash of what it and all it imports hold. */
async function nameFiles(sources: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const path of sources.keys()) {
    const reached = reach(path, new Map([...sources].map(([key, source]) => [key, importsOf(key, source)])));
    const text = [...reached].toSorted().map((key) => sources.get(key)).join("\n");
    const base = (path.split("/").at(-1) ?? path).replace(/\.js$/, "").replace(/^chunk-.*/, "chunk");
    names.set(path, await hashedName(base, "js", encode(`${path}\n${text}`)));
  }
  return names;
}

function renameImports(path: string, source: string, names: ReadonlyMap<string, string>): string {
  return source.replace(IMPORT, (all, lead: string, target: string) => {
    const name = names.get(resolve(path, target));
    return name ? `${lead}"./${name}"` : all;
  });
}

interface Imports {
  now: string[];
  later: string[];
}

function importsOf(path: string, source: string): Imports {
  const found: Imports = { now: [], later: [] };
  for (const [, lead = "", target = ""] of source.matchAll(IMPORT)) {
    found[lead.includes("(") ? "later" : "now"].push(resolve(path, target));
  }
  return found;
}

/** The module at `path` and everything it needs, at once or later. */
function closure(path: string, chunks: ReadonlyMap<string, Imports>, names: ReadonlyMap<string, string>): Chunk {
  const nameOf = (key: string) => names.get(key) ?? key;
  const all = reach(path, chunks);
  const now = reach(path, new Map([...chunks].map(([key, { now }]) => [key, { now, later: [] }])));
  return {
    file: nameOf(path),
    imports: [...now].filter((key) => key !== path).map(nameOf).toSorted(),
    lazy: [...all].filter((key) => !now.has(key)).map(nameOf).toSorted(),
  };
}

function reach(path: string, chunks: ReadonlyMap<string, Imports>): Set<string> {
  const seen = new Set([path]);
  for (const key of seen) {
    const { now, later } = chunks.get(key) ?? { now: [], later: [] };
    for (const next of [...now, ...later]) seen.add(next);
  }
  return seen;
}

/** Resolves a relative import inside the bundle's folder. */
function resolve(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}
