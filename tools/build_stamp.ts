import { createHash } from "node:crypto";

/** What the built files are made from; the packages are named by the lock file. */
const FOLDERS = ["components", "islands", "lib", "static/css", "static/icons"];
const FILES = ["deno.json", "deno.lock", "tools/build.ts", "tools/build_islands.ts", "tools/build_static.ts"];
const TEST = /_test(ing)?\.tsx?$/;

/** Beside the packages' own stamp, where a deployment has nothing to serve it from. */
function stampOf(root: string): string {
  return `${root}/node_modules/.outcry-assets`;
}

/** Names the sources as they are now: other names, other built files. */
export async function digestSources(root: string): Promise<string> {
  const paths = [...FILES];
  for (const folder of FOLDERS) for await (const path of walk(root, folder)) paths.push(path);
  const contents = await Promise.all(
    paths.toSorted().map(async (path) => [path, await readBytes(root, path)] as const),
  );
  const hash = createHash("sha256").update(Deno.version.deno);
  for (const [path, bytes] of contents) hash.update(`\n${path} ${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}

/** Whether `dist` still is what a build would make: the same sources, and every file there. */
export async function isBuilt(root: string, dist: string): Promise<boolean> {
  try {
    const [digest, ...files] = (await Deno.readTextFile(stampOf(root))).split("\n");
    if (files.length === 0 || digest !== await digestSources(root)) return false;
    await Promise.all(files.map((name) => Deno.stat(`${dist}/${name}`)));
    return true;
  } catch {
    return false;
  }
}

/** Remembers that `files` were built from the sources named by `digest`. */
export async function stampBuild(root: string, digest: string, files: Iterable<string>): Promise<void> {
  // Without a stamp the next start builds once more.
  await Deno.writeTextFile(stampOf(root), [digest, ...files].join("\n")).catch(() => {});
}

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* walk(root, path);
    else if (!TEST.test(entry.name)) yield path;
  }
}

async function readBytes(root: string, path: string): Promise<Uint8Array> {
  return await Deno.readFile(`${root}/${path}`);
}
