import { z } from "zod";
import type { AssetManifest } from "../components/layout/page_context.ts";
import type { App } from "./context.ts";
import type { Services } from "./services.ts";

/** One built file, ready to be sent. */
export interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  /** Of the content. Weak, because compressed and plain bodies share it. */
  etag: string;
}

/** The built files by their name below `/assets/`, all in memory. */
export interface AssetStore {
  manifest: AssetManifest;
  files: ReadonlyMap<string, Asset>;
}

/** Files and bytes the build may produce: memory is what a cold start at the edge pays for. */
const FILES_MAX = 500;
const BYTES_MAX = 32 * 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};

/** A year, the longest caches keep: names carry a hash of the content. */
const IMMUTABLE = "public, max-age=31536000, immutable";

const manifestSchema = z.object({
  css: z.string(),
  boot: z.string(),
  islands: z.record(z.string(), z.string()),
  preload: z.record(z.string(), z.array(z.string())),
  icon: z.string(),
  fonts: z.array(z.string()),
});

/**
 * Reads everything the build wrote.
 * @param folder URL of `static/dist/`, with its trailing slash.
 * @throws Deno.errors.NotFound when nothing was built.
 */
export async function readAssets(folder: URL): Promise<AssetStore> {
  const manifest = manifestSchema.parse(JSON.parse(await Deno.readTextFile(new URL("manifest.json", folder))));
  const files = new Map<string, Asset>();
  let total = 0;
  for await (const name of filesBelow(folder, "")) {
    const bytes = await Deno.readFile(new URL(name, folder));
    total += bytes.length;
    if (files.size >= FILES_MAX || total > BYTES_MAX) {
      throw new RangeError(`Cannot keep the built files: limit is ${FILES_MAX} files and ${BYTES_MAX} bytes`);
    }
    files.set(name, await toAsset(name, bytes));
  }
  return { manifest, files };
}

async function* filesBelow(folder: URL, prefix: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(prefix, folder))) {
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(folder, `${name}/`);
    else if (entry.isFile && name !== "manifest.json") yield name;
  }
}

/** Makes an asset of a file's content. */
export async function toAsset(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const extension = name.slice(name.lastIndexOf(".") + 1);
  return {
    bytes,
    type: TYPES[extension] ?? "application/octet-stream",
    etag: `W/"${Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`,
  };
}

/** Serves `/assets/*`, the favicon and robots.txt. Names are looked up, never joined to a path. */
export function addAssetRoutes(app: App, { assets }: Services): void {
  const serve = (name: string, cacheControl: string, ifNoneMatch: string | undefined): Response | null => {
    const asset = assets.files.get(name);
    if (!asset) return null;
    const headers = { "cache-control": cacheControl, etag: asset.etag };
    if (ifNoneMatch !== undefined && matches(ifNoneMatch, asset.etag)) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(asset.bytes, { headers: { ...headers, "content-type": asset.type } });
  };
  app.get("/assets/:name{.+}", (c) => {
    return serve(c.req.param("name"), IMMUTABLE, c.req.header("if-none-match")) ?? c.notFound();
  });
  app.get("/favicon.ico", (c) => {
    const name = assets.manifest.icon.replace(/^\/assets\//, "");
    return serve(name, "public, max-age=86400", c.req.header("if-none-match")) ?? c.notFound();
  });
  app.get("/robots.txt", (c) => {
    c.header("cache-control", "public, max-age=86400");
    return c.text("User-agent: *\nDisallow: /api/\nDisallow: /auth/\nDisallow: /login\n");
  });
}

function matches(ifNoneMatch: string, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return ifNoneMatch.trim() === "*" || ifNoneMatch.split(",").some((tag) => bare(tag) === bare(etag));
}
