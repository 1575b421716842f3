import { TOPIC } from "./contenders.ts";
import { realtimeGreeting } from "./greetings.ts";
import { RawClient } from "./raw_client.ts";
import { readAfter } from "./read_after.ts";

/** Where a client connects. */
export interface Place {
  url: string;
  port: number;
  apiKey: string;
}

/** Socket.IO's default first delay and its jitter, so that both are away equally long. */
const RECONNECT_ms = 1_000;
const RECONNECT_JITTER_ms = 500;
const READ_LIMIT = 200;

/**
 * A client that recovers as the product's do: it joins again, and only then reads what came after the last message
 * it knew when it was cut. What arrives in between comes twice and is told apart by its id.
 */
export class RecoveringClient {
  /** Numbers of the messages that have come. */
  readonly got = new Set<number>();
  /** From the start of each connection but the first to the last message read. */
  readonly recovery_ms: number[] = [];
  /** Messages that only the read brought. */
  recovered = 0;
  readonly #place: Place;
  readonly #draw: (below: number) => number;
  #client: RawClient | null = null;
  #connections = 0;
  #joined = false;
  /** Whether the present connection has caught up, so that the latest live message is the last one known. */
  #caughtUp = false;
  #stopped = false;
  /** Everything up to this id has come; null before the first. */
  #lastId: string | null = null;
  /** Ids that came live while a read was under way are newer than what it brings. */
  #liveId: string | null = null;
  #onReady: () => void = () => {};

  constructor(place: Place, draw: (below: number) => number) {
    this.#place = place;
    this.#draw = draw;
    this.#connect();
  }

  /** Resolves once it has joined for the first time. */
  async ready(): Promise<void> {
    if (!this.#joined) await new Promise<void>((resolve) => this.#onReady = resolve);
  }

  /** Cuts the connection where it stands; false when it is already cut. */
  drop(): boolean {
    if (!this.#joined) return false;
    this.#client?.destroy();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.#client?.destroy();
  }

  #connect(): void {
    const { port, apiKey } = this.#place;
    const greeting = realtimeGreeting(apiKey, TOPIC);
    const startedMs = performance.now();
    const client = new RawClient(port, greeting.path, {
      onOpen: () => client.send(greeting.first ?? ""),
      onFrame: (_opcode, payload) => {
        const text = payload.toString();
        if (text.includes('"event":"chat"')) return this.#take(text);
        if (this.#joined || !greeting.answer(text).done) return;
        this.#joined = true;
        this.#onReady();
        this.#recover(client, startedMs).catch(() => client.destroy());
      },
      onClose: () => {
        this.#joined = false;
        this.#caughtUp = false;
        if (this.#stopped) return;
        const wait_ms = RECONNECT_ms - RECONNECT_JITTER_ms + this.#draw(2 * RECONNECT_JITTER_ms);
        setTimeout(() => this.#connect(), wait_ms);
      },
    });
    this.#client = client;
    this.#connections++;
    this.#liveId = null;
  }

  #take(text: string): void {
    const [, , , , body] = JSON.parse(text) as [
      null,
      null,
      string,
      string,
      { payload: { n: number }; meta: { id: string } },
    ];
    this.got.add(body.payload.n);
    this.#liveId = body.meta.id;
    if (this.#caughtUp) this.#lastId = body.meta.id;
  }

  async #recover(client: RawClient, startedMs: number): Promise<void> {
    const { url, apiKey } = this.#place;
    for (;;) {
      const messages = await readAfter(url, apiKey, this.#lastId, READ_LIMIT);
      // Cut again meanwhile: the next connection reads from the same place.
      if (this.#client !== client || !this.#joined) return;
      for (const { id, payload } of messages) {
        const before = this.got.size;
        this.got.add(Number(payload.n));
        if (this.got.size > before) this.recovered++;
        this.#lastId = id;
      }
      if (messages.length < READ_LIMIT) break;
    }
    if (this.#liveId !== null && (this.#lastId === null || this.#liveId > this.#lastId)) this.#lastId = this.#liveId;
    this.#caughtUp = true;
    if (this.#connections > 1) this.recovery_ms.push(performance.now() - startedMs);
  }
}
