import { fileURLToPath } from "node:url";
import { LineProcess } from "../line_process.ts";
import { updatesOf } from "../peers/control.mjs";

/** A server to measure. */
export interface Contender {
  name: "outcry" | "socket.io" | "ws" | "bun";
  /** How its clients greet it. */
  kind: "plain" | "socketio" | "outcry";
  command: string;
  args: string[];
}

/** What a server says of itself once it listens; the keys are ours alone. */
interface Hello {
  port: number;
  publishableKey?: string;
  secretKey?: string;
  dbUrl?: string;
}

/** The topic everybody watches: private, readable by all as the product's policies say. */
export const TOPIC = "market:sim:BTC-USDT:1m";

const here = fileURLToPath(new URL("./", import.meta.url));
const peers = fileURLToPath(new URL("../peers/", import.meta.url));

export const OURS: Contender = {
  name: "outcry",
  kind: "outcry",
  command: Deno.execPath(),
  args: ["run", "-A", "--v8-flags=--expose-gc", `${here}ours.ts`],
};
export const CONTENDERS: readonly Contender[] = [
  OURS,
  { name: "socket.io", kind: "socketio", command: "node", args: ["--expose-gc", "socketio.mjs"] },
  { name: "ws", kind: "plain", command: "node", args: ["--expose-gc", "ws.mjs"] },
  { name: "bun", kind: "plain", command: `${peers}node_modules/@oven/bun-linux-x64/bin/bun`, args: ["bun.mjs"] },
];

/** One contender's running server. */
export class BenchServer implements AsyncDisposable {
  readonly contender: Contender;
  readonly hello: Hello;
  readonly #process: LineProcess;
  #tick = 0;

  private constructor(contender: Contender, process: LineProcess, hello: Hello) {
    this.contender = contender;
    this.#process = process;
    this.hello = hello;
  }

  static async start(contender: Contender): Promise<BenchServer> {
    const process = new LineProcess(contender.command, contender.args, peers);
    return new BenchServer(contender, process, await process.read<Hello>());
  }

  /** The address of our own server. */
  get url(): string {
    return `http://127.0.0.1:${this.hello.port}`;
  }

  /** Publishes `updates` at once to every client: to us in one REST call, to the peers by a word to their process. */
  async publish(updates: number): Promise<void> {
    if (this.contender.kind !== "outcry") return await this.#process.say(`tick ${updates}`);
    const messages = updatesOf(++this.#tick, updates)
      .map((payload) => ({ topic: TOPIC, event: "candle", payload, private: true }));
    const response = await fetch(`${this.url}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { apikey: this.hello.secretKey ?? "", "content-type": "application/json" },
      body: JSON.stringify({ messages }),
    });
    await response.body?.cancel();
    if (response.status !== 202) throw new Error(`The broadcast was refused: ${response.status}`);
  }

  /** Processor time of the server's process so far, and of it the kernel's. */
  async usage(): Promise<{ pid: number; cpu_us: number; system_us: number }> {
    return await this.#process.ask("usage");
  }

  /** Frees what is garbage, so that memory is comparable. */
  async collectGarbage(): Promise<void> {
    await this.#process.ask("collect");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** The other end: one process with many clients. */
export class BenchClients implements AsyncDisposable {
  readonly #process: LineProcess;

  private constructor(process: LineProcess) {
    this.#process = process;
  }

  /** Opens `count` clients, subscribed each. */
  static async open(server: BenchServer, count: number): Promise<BenchClients> {
    const { contender, hello } = server;
    const args = [contender.kind, String(hello.port), String(count), hello.publishableKey ?? "", TOPIC];
    const process = new LineProcess(Deno.execPath(), ["run", "-A", `${here}load.ts`, ...args], here);
    await process.read();
    return new BenchClients(process);
  }

  /** Resolves once `frames` updates in all have come since the start. */
  async expect(frames: number): Promise<void> {
    await this.#process.ask(`expect ${frames}`);
  }

  /** Starts to note how long updates take. */
  async stamp(): Promise<void> {
    await this.#process.ask("stamp");
  }

  /** Milliseconds from publication to arrival of what came since the last call. */
  async latency(): Promise<{ p50_ms: number; p99_ms: number }> {
    return await this.#process.ask("latency");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** Installs the peers, once. */
export async function ensurePeers(): Promise<void> {
  const there = await Deno.stat(`${peers}node_modules/socket.io-client`).then(() => true, () => false);
  if (there) return;
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
    cwd: peers,
  }).output();
  if (!success) throw new Error("Cannot install the benchmark's peers: run npm install in bench/peers");
}
