/** A child process spoken to in lines: JSON from it, words to it. */
export class LineProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: string[], cwd: string) {
    // Thousands of sockets need as many descriptors as the machine allows a process.
    const raised = ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"', command, ...args];
    this.#child = new Deno.Command("sh", { args: raised, cwd, stdin: "piped", stdout: "piped", stderr: "inherit" })
      .spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** The next line, read as JSON. */
  async read<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The process ended without an answer");
    return JSON.parse(value) as T;
  }

  async say(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
  }

  async ask<T>(line: string): Promise<T> {
    await this.say(line);
    return await this.read<T>();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.say("end").catch(() => {});
    await this.#writer.close().catch(() => {});
    await this.#child.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
