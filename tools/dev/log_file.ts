/** Beyond this a log file is cut and begun again, so that a long run cannot fill the disk. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;

/** A log file of bounded size that only its owner can read. */
export class LogFile {
  readonly #file: Deno.FsFile;
  readonly #bytes_max: number;
  #size: number;

  /** Opens `path` to write at its end, or anew. */
  constructor(path: string, { anew = false, bytes_max = LOG_BYTES_MAX }: { anew?: boolean; bytes_max?: number } = {}) {
    this.#file = Deno.openSync(path, { create: true, append: true, mode: 0o600 });
    if (anew) this.#file.truncateSync(0);
    this.#size = this.#file.statSync().size;
    this.#bytes_max = bytes_max;
  }

  /** Writes at the end, or at the start again once the file is full. */
  write(bytes: Uint8Array): void {
    if (this.#size > 0 && this.#size + bytes.length > this.#bytes_max) {
      this.#file.truncateSync(0);
      this.#size = 0;
    }
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    this.#size += bytes.length;
  }

  close(): void {
    this.#file.close();
  }
}
