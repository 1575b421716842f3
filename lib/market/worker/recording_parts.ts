import { packBlock } from "./recording_block.ts";

/** Size at which a part is full. */
export const PART_BYTES_MAX = 64 * 1024 * 1024;

/** Age at which a part is full. */
export const PART_MS_MAX = 3_600_000;

/** What all parts of an exchange in a folder may take; the oldest go first. */
export const RECORDINGS_BYTES_MAX = 2 * 1024 * 1024 * 1024;

/** How much disk a recording takes. */
export interface RecordingLimits {
  partBytes_max: number;
  part_ms_max: number;
  bytes_max: number;
}

/** The limits unless told otherwise. */
export const RECORDING_LIMITS: RecordingLimits = {
  partBytes_max: PART_BYTES_MAX,
  part_ms_max: PART_MS_MAX,
  bytes_max: RECORDINGS_BYTES_MAX,
};

const PART_NAME = /^([a-z][a-z0-9]{0,31})-(\d{8}T\d{6}Z)-([0-9a-f]{8})\.(\d{5})\.ndjson\.gz$/;

/** What a part's name says. */
export interface PartName {
  exchange: string;
  recording: string;
  part: number;
}

/** Name of a part's file: in the order of names an exchange's parts stand in the order of time. */
export function partName({ exchange, recording, part }: PartName, started_ms: number): string {
  const started = new Date(started_ms).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${exchange}-${started}-${recording}.${String(part).padStart(5, "0")}.ndjson.gz`;
}

/** What a file's name says; null for a file that is no part. */
export function parsePartName(name: string): PartName | null {
  const match = PART_NAME.exec(name);
  const [, exchange, , recording, part] = match ?? [];
  if (exchange === undefined || recording === undefined) return null;
  return { exchange, recording, part: Number(part) };
}

/** Removes an exchange's oldest parts until another one of full size has room. Files with other names stay. */
export async function makeRoom(folder: string, exchange: string, limits: RecordingLimits): Promise<string[]> {
  const parts: { path: string; bytes: number }[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || parsePartName(name)?.exchange !== exchange) continue;
    const path = `${folder}/${name}`;
    const stat = await Deno.stat(path).catch(ifGone);
    if (stat !== null) parts.push({ path, bytes: stat.size });
  }
  parts.sort((a, b) => a.path < b.path ? -1 : 1);
  let bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const removed: string[] = [];
  for (const part of parts) {
    if (bytes <= limits.bytes_max - limits.partBytes_max) break;
    await Deno.remove(part.path).catch(ifGone);
    removed.push(part.path);
    bytes -= part.bytes;
  }
  return removed;
}

/** Another process that records into the same folder makes room as well. */
function ifGone(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}

/** A part that is being written: whole blocks, in order. */
export class PartFile {
  readonly #file: Deno.FsFile;
  #bytes = 0;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Makes a new file that only its owner can read. */
  static async create(path: string): Promise<PartFile> {
    return new PartFile(await Deno.open(path, { write: true, createNew: true, mode: 0o600 }));
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends a block. When that fails the file ends with the one before. */
  async write(text: string): Promise<void> {
    const block = await packBlock(text);
    try {
      for (let done = 0; done < block.length;) done += await this.#file.write(block.subarray(done));
      this.#bytes += block.length;
    } catch (error) {
      // Half a block would count as a file cut off, which is what it is if this fails too.
      await this.#file.truncate(this.#bytes).catch(() => {});
      throw error;
    }
  }

  close(): void {
    this.#file.close();
  }
}
