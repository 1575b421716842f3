import { createLogger } from "../../lib/kernel/log.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "./server.ts";

/** How long a test waits for something before it fails. */
const WAIT_MS = 15_000;

/** A test that must leave no timer, socket or file behind. */
export function sealedTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

/** A wall clock that stands still until told to move: simulated time becomes exact. */
export interface ManualWall {
  now_ms: number;
  nowMs: () => number;
}

/** Makes a wall clock at an instant. */
export function manualWall(now_ms: number): ManualWall {
  const wall = { now_ms, nowMs: () => wall.now_ms };
  return wall;
}

/** Runs `body` against a simulator of its own, on a free port, in a temporary folder. */
export async function withSimulator(
  options: Partial<SimulatorOptions>,
  body: (simulator: Simulator, dataDir: string) => Promise<void>,
): Promise<void> {
  const dataDir = options.dataDir ?? await Deno.makeTempDir({ prefix: "outcry-sim-" });
  const nowMs = options.nowMs ?? (() => Date.now());
  const logger = createLogger({ service: "simulator", write: () => {}, nowMs });
  const simulator = await startSimulator({ port: 0, speed: 1, seed: 1, logger, ...options, nowMs, dataDir });
  try {
    await body(simulator, dataDir);
  } finally {
    await simulator.stop();
    if (!options.dataDir) await Deno.remove(dataDir, { recursive: true });
  }
}

/** A JSON answer. */
export interface Answer {
  status: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into answers of every shape
  body: any;
}

/** Fetches JSON. */
export async function getJson(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Puts a fault in force. */
export function injectFault(simulator: Simulator, fault: unknown): Promise<Answer> {
  return getJson(`${simulator.url}/sim/faults`, { method: "POST", body: JSON.stringify(fault) });
}

/** A market socket that keeps what it hears. */
export class Listener {
  // deno-lint-ignore no-explicit-any -- tests look into frames of every shape
  readonly frames: any[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #waiters = new Set<() => void>();
  readonly #opened: Promise<void>;

  constructor(simulator: Simulator, path: string) {
    this.#socket = new WebSocket(simulator.url.replace("http", "ws") + path);
    this.#socket.binaryType = "arraybuffer";
    this.#opened = new Promise((resolve, reject) => {
      this.#socket.onopen = () => resolve();
      this.#socket.onerror = () => reject(new Error(`Cannot open ${path}`));
    });
    this.closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code, reason }) => resolve({ code, reason });
    });
    this.#socket.onmessage = ({ data }) => {
      this.frames.push(JSON.parse(data));
      for (const wake of [...this.#waiters]) wake();
    };
  }

  /** Opens a socket. */
  static async open(simulator: Simulator, path: string): Promise<Listener> {
    const listener = new Listener(simulator, path);
    await listener.#opened;
    return listener;
  }

  /** Sends an object as JSON, or a text or bytes as they are. */
  send(message: unknown): void {
    const raw = typeof message === "string" || message instanceof Uint8Array;
    this.#socket.send(raw ? message as string : JSON.stringify(message));
  }

  /** Waits until `found` returns something; looks again after every frame. */
  async until<T>(found: () => T | undefined | false, what: string): Promise<T> {
    const now = found();
    if (now !== undefined && now !== false) return now;
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`Waited ${WAIT_MS} ms for ${what}; heard ${this.frames.length} frames`));
      }, WAIT_MS);
      const look = () => {
        const result = found();
        if (result === undefined || result === false) return;
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(result);
      };
      this.#waiters.add(look);
    });
  }

  /** Closes the socket and waits for the goodbye. */
  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
