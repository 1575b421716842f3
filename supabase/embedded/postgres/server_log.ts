/** Lines kept to explain a failure. */
const LINES_MAX = 50;
const LINE_LENGTH_MAX = 500;
const READY = "database system is ready to accept connections";

/** Reads what the server says, so that its pipe never fills, and keeps the end of it. */
export class ServerLog {
  /** Resolves once the server accepts connections; never, if it ends first. */
  readonly ready: Promise<void>;
  /** Resolves when the server has closed its end. */
  readonly closed: Promise<void>;
  readonly #lines: string[] = [];
  #onReady: () => void = () => {};

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.ready = new Promise((resolve) => this.#onReady = resolve);
    this.closed = this.#read(stream);
  }

  /** The last thing the server complained about, or the last thing it said. */
  complaint(): string {
    const line = this.#lines.findLast((text) => /\b(FATAL|PANIC|error):/.test(text)) ?? this.#lines.at(-1) ?? "";
    return line.replace(/^.*?\b(FATAL|PANIC|LOG|error):\s*/, "");
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    try {
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX);
        for (const line of lines) this.#take(line.slice(0, LINE_LENGTH_MAX));
      }
    } catch {
      // The pipe broke: the server is gone.
    }
    if (rest !== "") this.#take(rest);
  }

  #take(line: string): void {
    if (line.includes(READY)) this.#onReady();
    this.#lines.push(line);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  }
}
