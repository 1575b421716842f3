import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Features of lib/, in the order in which they may import: each only itself and what stands to its left. */
export const FEATURES = [
  "kernel",
  "realtime",
  "accounts",
  "ledger",
  "market",
  "strategies",
  "backtest",
  "trading",
  "pools",
  "rooms",
  "webhooks",
  "admin",
] as const;

/** The rooms that the import rules govern. */
export type Layer = "root" | "client" | "edge" | "worker" | "components" | "islands" | "routes" | "workers" | "main";

/** Where a file of the project stands. */
export interface Place {
  layer: Layer;
  /** Index into {@link FEATURES} for files of lib/, else null. */
  feature: number | null;
}

interface Rule {
  layers: readonly Layer[];
  packages: readonly string[];
  /** Modules of the runtime. */
  builtins?: readonly string[];
}

const PREACT = ["preact", "preact-render-to-string"];
const HONO = ["hono", "@hono/zod-openapi"];

/** What each layer may import: layers of this project, and packages. */
export const RULES: Readonly<Record<Layer, Rule>> = {
  root: { layers: ["root"], packages: ["zod", "big.js", "@types/big.js"] },
  client: { layers: ["root", "client"], packages: ["preact", "@preact/signals", "@supabase/realtime-js"] },
  edge: {
    layers: ["root", "edge"],
    packages: ["zod", "@supabase/supabase-js", "@supabase/ssr", "jose", "fflate", ...HONO],
    builtins: ["node:async_hooks"],
  },
  worker: {
    layers: ["root", "worker"],
    packages: ["zod", "@supabase/supabase-js", "ccxt", "jose", "nodemailer", "prom-client", "pyodide"],
  },
  components: { layers: ["root", "components"], packages: PREACT },
  islands: {
    layers: ["root", "client", "components", "islands"],
    packages: ["preact", "@preact/signals", "lightweight-charts", "codemirror"],
  },
  routes: {
    layers: ["root", "edge", "components", "islands", "routes"],
    packages: ["zod", ...HONO, ...PREACT],
  },
  workers: { layers: ["root", "worker", "workers"], packages: ["prom-client"] },
  main: { layers: ["routes"], packages: [] },
};

/**
 * Places a file given by its path from the project's folder; null for files the rules do not govern: tests and
 * their support (`testing.ts`), which for the same reason nothing in the product may import.
 */
export function placeOf(path: string): Place | null {
  if (/_test\.tsx?$|\/testing\.tsx?$/.test(path)) return null;
  if (path === "main.ts") return { layer: "main", feature: null };
  const [top, second, third] = path.split("/");
  if (top === "lib") {
    const feature = (FEATURES as readonly string[]).indexOf(second ?? "");
    if (third === "client" || third === "edge" || third === "worker") return { layer: third, feature };
    return { layer: "root", feature };
  }
  if (top === "components" || top === "islands" || top === "routes" || top === "workers") {
    return { layer: top, feature: null };
  }
  return null;
}

/** One import found in the project: from a file to a file or to a package. */
export interface Edge {
  from: string;
  to: { path: string } | { npm: string };
}

/** Why an import is forbidden; null when it is allowed or not governed. */
export function forbiddenBecause({ from, to }: Edge): string | null {
  const source = placeOf(from);
  if (!source) return null;
  const rule = RULES[source.layer];
  if ("npm" in to) {
    return rule.packages.includes(to.npm) ? null : `${source.layer} may not import the package ${to.npm}`;
  }
  if (rule.builtins?.includes(to.path)) return null;
  const target = placeOf(to.path);
  if (!target) return `${source.layer} may not import ${to.path}, which is no room of the product`;
  if (!rule.layers.includes(target.layer)) return `${source.layer} may not import ${target.layer}`;
  if (target.feature === -1) return `lib/ has no feature of that name: ${to.path}`;
  if (source.feature !== null && target.feature !== null && target.feature > source.feature) {
    return `${FEATURES[source.feature]} may import only what stands to its left, not ${FEATURES[target.feature]}`;
  }
  return null;
}

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

/** Every import reachable from `entries` (paths from the project's folder), as `deno info` resolves them. */
export async function importsFrom(entries: string[]): Promise<Edge[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      entry,
      entries.map((path) => `import ${JSON.stringify(pathToFileURL(ROOT + path).href)};`).join("\n"),
    );
    const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", `${ROOT}deno.json`, entry],
      cwd: ROOT,
    }).output();
    if (!success) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);
    const graph = JSON.parse(new TextDecoder().decode(stdout)) as Graph;
    return graph.modules.filter((module) => module.specifier !== pathToFileURL(entry).href).flatMap(edgesOf);
  } finally {
    await Deno.remove(entry);
  }
}

function edgesOf(module: Graph["modules"][number]): Edge[] {
  if (!module.specifier.startsWith("file:")) return [];
  const from = pathFromRoot(module.specifier);
  return (module.dependencies ?? []).flatMap(({ code, type }) => {
    const found = [code?.specifier, type?.specifier].filter((specifier) => specifier !== undefined);
    return [...new Set(found)].map((specifier): Edge => {
      const npm = specifier.match(/^npm:\/?((?:@[^/@]+\/)?[^/@]+)/)?.[1];
      return { from, to: npm ? { npm } : { path: pathFromRoot(specifier) } };
    });
  });
}

function pathFromRoot(specifier: string): string {
  return specifier.startsWith("file:") ? relative(ROOT, fileURLToPath(specifier)) : specifier;
}

/** Every TypeScript file below `folder`, as paths from the project's folder, tests left out. */
export function sourceFiles(folder: string): string[] {
  return [...Deno.readDirSync(ROOT + folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return sourceFiles(path);
    return /\.tsx?$/.test(entry.name) && !/(_test|^testing)\.tsx?$/.test(entry.name) ? [path] : [];
  }).sort();
}
