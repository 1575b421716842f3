import { join, resolve } from "node:path";
import { StartError, startError } from "./errors.ts";

/** A stack's data folder, ours until released. */
export interface DataDir {
  path: string;
  release(): void;
}

/**
 * Makes the data folder if needed and locks it: one stack at a time. The lock ends with its
 * process, however that ends.
 * @throws StartError when it cannot be used or another stack is on it.
 */
export async function openDataDir(given: string): Promise<DataDir> {
  const folder = resolve(given);
  let lock: Deno.FsFile;
  let path: string;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o755 });
    path = await Deno.realPath(folder);
    const { mode } = await Deno.stat(path);
    // As root we hand the database to another user, who has to pass this folder; the secrets in it stay closed.
    if (Deno.uid() === 0 && mode !== null && (mode & 0o001) === 0) await Deno.chmod(path, mode | 0o001);
    lock = await Deno.open(join(path, "supabase.lock"), { create: true, write: true, mode: 0o600 });
  } catch (error) {
    throw startError(`Cannot use the data folder "${folder}"`, error, "Make it writable or choose another OUTCRY_DATA");
  }
  if (!await lock.tryLock(true)) {
    lock.close();
    throw new StartError(`Another stack is running on "${path}": stop it or choose another OUTCRY_DATA`);
  }
  return {
    path,
    release() {
      // Closing alone would leave the lock to a child process being started just now, until it runs its program.
      lock.unlockSync();
      lock.close();
    },
  };
}
