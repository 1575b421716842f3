import type { RawClient } from "../realtime/raw_client.ts";

/** Socket.IO's default first delay and its jitter, so that viewers of both are away equally long. */
const RECONNECT_ms = 1_000;
const RECONNECT_JITTER_ms = 500;
/** Delays are counted in steps of this. */
export const STEP_ms = 0.1;

/** The text of message number `n`: it says when it was sent, and differs from all others. */
export function textOf(n: number): string {
  return `${n}|${nowUnixMs().toFixed(3)}|long above that level, stop below the last low`;
}

/** Processes of one machine agree on this clock to a fraction of a millisecond. */
export function nowUnixMs(): number {
  return performance.timeOrigin + performance.now();
}

/** What the viewers of one process saw together. */
export class Tally {
  /** Deliveries over the socket, by how many steps after their sending they came. */
  readonly live = new Map<number, number>();
  /** The same of those that only a read after a lost connection brought. */
  readonly recovered = new Map<number, number>();
  /** From the start of each connection but the first until nothing was missing. */
  readonly away_ms: number[] = [];
  drops = 0;
  /** Joins refused or calls failed: tried again. */
  failures = 0;
  /** Calls of the room's functions. */
  calls = 0;
  /** When the last of them had come to another topic and missed nothing, Unix ms. */
  movedMs = 0;
  /** A message that came under two ids. */
  doubled = 0;
}

/** A tab that watches a room, with one raw connection at a time; what it speaks is the server's. */
export abstract class Viewer {
  /** Numbers of the messages that have come, with the id each came under. */
  readonly got = new Map<number, string>();
  /** How many the room says are watching. */
  viewerCount = -1;
  protected client: RawClient | null = null;
  protected readonly tally: Tally;
  protected readonly draw: (below: number) => number;
  protected stopped = false;
  protected connections = 0;
  #startedMs = 0;
  #isReady = false;
  #onReady: () => void = () => {};

  constructor(tally: Tally, draw: (below: number) => number) {
    this.tally = tally;
    this.draw = draw;
  }

  /** How often the room has moved, as far as this viewer has come with it and misses nothing. */
  get moves(): number {
    return 0;
  }

  /** Whether the tab has crashed or was closed. */
  get isGone(): boolean {
    return this.stopped;
  }

  /** Connects for the first time; resolves once it watches. */
  async open(): Promise<void> {
    await this.enter();
    this.#connect();
    if (!this.#isReady) await new Promise<void>((resolve) => this.#onReady = resolve);
  }

  /** Cuts the connection where it stands, as a lost network does; false when it is already cut. */
  drop(): boolean {
    if (!this.#isReady || this.stopped) return false;
    this.tally.drops++;
    this.client?.destroy();
    return true;
  }

  /** The tab is gone without a word. */
  crash(): void {
    this.stopped = true;
    this.client?.destroy();
  }

  /** The tab is closed, and says so. */
  async leave(): Promise<void> {
    await this.sayBye();
    this.crash();
  }

  /** Keeps an idle connection open. */
  abstract beat(): void;
  /** What is said before the first connection. */
  protected abstract enter(): Promise<void>;
  /** Opens a connection; calls {@link caughtUp} when nothing is missing, {@link closed} when it ended. */
  protected abstract connect(): RawClient;
  protected abstract sayBye(): Promise<void>;

  /** A message has come. */
  protected take(id: string, text: string, by: "live" | "recovered"): void {
    const [number = "", at = ""] = text.split("|");
    const n = Number(number);
    const known = this.got.get(n);
    if (known !== undefined) {
      // Live and read again is as it should be; told apart by the id.
      if (known !== id) this.tally.doubled++;
      return;
    }
    this.got.set(n, id);
    const step = Math.round((nowUnixMs() - Number(at)) / STEP_ms);
    this.tally[by].set(step, (this.tally[by].get(step) ?? 0) + 1);
  }

  protected caughtUp(): void {
    if (this.connections > 1 && !this.#isReady) this.tally.away_ms.push(performance.now() - this.#startedMs);
    this.#isReady = true;
    this.#onReady();
  }

  protected closed(): void {
    this.#isReady = false;
    if (this.stopped) return;
    const wait_ms = RECONNECT_ms - RECONNECT_JITTER_ms + this.draw(2 * RECONNECT_JITTER_ms);
    setTimeout(() => this.stopped || this.#connect(), wait_ms);
  }

  #connect(): void {
    this.connections++;
    this.#startedMs = performance.now();
    this.client = this.connect();
  }
}
