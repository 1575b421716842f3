import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import type { Logger } from "../../../lib/kernel/log.ts";
import { runAs } from "./programs.ts";
import type { ServerUser } from "./server_user.ts";

/** Templates kept: a few branches' worth, 28 MB each. */
const TEMPLATES_MAX = 8;
/** How long one start waits for another to build the same template before it builds its own. */
const TURN_MS_MAX = 10_000;
const POLL_MS = 20;
/** A draft this old belongs to nobody. */
const DRAFT_AGE_MS_MAX = 10 * 60_000;
const CHUNK_BYTES = 262_144;
/** Holes stay holes, where tar is known to be able to. */
const SPARSE = Deno.build.os === "linux" ? ["--sparse"] : [];
const NAME = /^([0-9a-f]+)-([0-9a-f]{8}-\d+)\.tar$/;

/** A folder of archived clusters, shared by every stack of this user: nothing in it belongs to a deployment. */
export class TemplateStore {
  readonly #folder: string;
  readonly #logger: Logger;

  private constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Opens the store, or answers undefined where it cannot be kept or cannot be trusted. */
  static async open(folder: string, logger: Logger): Promise<TemplateStore | undefined> {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      const { uid, mode } = await Deno.stat(folder);
      // A cluster can hold code that the superuser runs: nobody else may place one here.
      if (uid !== Deno.uid() || mode === null || (mode & 0o022) !== 0) {
        logger.warn("Database templates are not kept: their folder is not ours alone", { folder });
        return undefined;
      }
      return new TemplateStore(folder, logger);
    } catch (error) {
      logger.warn("Database templates are not kept: their folder cannot be used", { folder, error });
      return undefined;
    }
  }

  /**
   * Unpacks the cluster kept under `key` into `target`, a folder made for it.
   * @param user whose the files are to be.
   * @returns false when there is none that is whole; nothing is left of `target` then.
   */
  async unpack(key: string, target: string, user: ServerUser): Promise<boolean> {
    const found = await this.#find(key);
    if (found === undefined) return false;
    const path = join(this.#folder, found.name);
    try {
      await Deno.mkdir(target, { mode: 0o700 });
      if (user.owner !== undefined) await Deno.chown(target, user.owner.uid, user.owner.gid);
      const read = { sum: 0, size: 0 };
      // As that user, which may not enter our folder: giving files away afterwards takes ten times as long.
      await runAs(user, "tar", ["-xf", "-", "-C", target], readSumming(path, read));
      if (textOf(read) === found.sum) {
        // The ones in use are the ones to keep.
        await Deno.utime(path, new Date(), new Date()).catch(() => {});
        return true;
      }
      this.#logger.warn("A database template is damaged: it is made anew", { path });
    } catch (error) {
      this.#logger.warn("A database template cannot be used: it is made anew", { path, error });
    }
    await Deno.remove(path).catch(() => {});
    await Deno.remove(target, { recursive: true }).catch(ignoreMissing);
    return false;
  }

  /**
   * Waits while another process builds a template; it ends when it is our turn to build, when there is one under
   * `key`, or when waiting takes too long: then both build, and the last one stays.
   * @returns gives the turn up when disposed of.
   */
  async waitForTurn(key: string): Promise<Disposable> {
    // Given up by the system when its holder dies.
    const turn = await Deno.open(join(this.#folder, "build.lock"), { create: true, write: true, mode: 0o600 });
    for (let waited_ms = 0; waited_ms < TURN_MS_MAX; waited_ms += POLL_MS) {
      if (await turn.tryLock(true) || await this.#find(key) !== undefined) break;
      await delay(POLL_MS);
    }
    return turn;
  }

  /** Keeps a copy of the cluster in `source`, whose server has ended in order, and drops the templates used least. */
  async save(key: string, source: string): Promise<void> {
    const draft = join(this.#folder, `${crypto.randomUUID()}.tmp`);
    try {
      await Deno.writeFile(draft, new Uint8Array(), { mode: 0o600, createNew: true });
      // As ourselves: the folder is closed to the server's user.
      await runAs({ wrapper: [] }, "tar", [
        ...SPARSE,
        "-cf",
        draft,
        "--exclude",
        "./postmaster.opts",
        "-C",
        source,
        ".",
      ]);
      const read = { sum: 0, size: 0 };
      for await (const _chunk of readSumming(draft, read));
      await Deno.rename(draft, join(this.#folder, `${key}-${textOf(read)}.tar`));
      await this.#prune();
    } catch (error) {
      this.#logger.warn("A database template was not kept", { folder: this.#folder, error });
      await Deno.remove(draft).catch(() => {});
    }
  }

  async #find(key: string): Promise<{ name: string; sum: string } | undefined> {
    for await (const { name } of Deno.readDir(this.#folder)) {
      const [, itsKey, sum] = NAME.exec(name) ?? [];
      if (itsKey === key && sum !== undefined) return { name, sum };
    }
    return undefined;
  }

  async #prune(): Promise<void> {
    const kept: { path: string; used_ms: number }[] = [];
    for await (const { name } of Deno.readDir(this.#folder)) {
      const path = join(this.#folder, name);
      const used_ms = (await Deno.stat(path).catch(() => null))?.mtime?.getTime() ?? 0;
      if (NAME.test(name)) kept.push({ path, used_ms });
      else if (name.endsWith(".tmp") && Date.now() - used_ms > DRAFT_AGE_MS_MAX) {
        await Deno.remove(path).catch(() => {});
      }
    }
    // Whoever reads one of these meanwhile keeps reading: it goes when the last reader has closed it.
    for (const { path } of kept.toSorted((a, b) => b.used_ms - a.used_ms).slice(TEMPLATES_MAX)) {
      await Deno.remove(path).catch(() => {});
    }
  }
}

/** What has been read of a file: a sum against damage, not against anybody, because the folder is ours alone. */
interface Summed {
  sum: number;
  size: number;
}

async function* readSumming(path: string, read: Summed): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  for (;;) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const count = await file.read(buffer);
    if (count === null) return;
    const chunk = buffer.subarray(0, count);
    read.sum = crc32(chunk, read.sum);
    read.size += count;
    yield chunk;
  }
}

function textOf({ sum, size }: Summed): string {
  return `${sum.toString(16).padStart(8, "0")}-${size}`;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
