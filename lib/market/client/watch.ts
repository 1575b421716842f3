import { uuidv7 } from "../../kernel/uuid.ts";

/** A watch lasts 60 s on the server; renewing at half of that survives one lost request. */
const RENEW_MS = 30_000;

/** Changes within one screenful of work become one request. */
const GATHER_MS = 50;

/** Topics one call may name. */
export const WATCH_TOPICS_MAX = 50;

/** What a watcher needs of its browser. */
export interface WatchPort {
  clientId: string;
  isVisible(): boolean;
  post(path: string, body: object): Promise<void>;
  beacon(path: string, body: object): void;
}

/** Tells the server which markets this tab looks at, as long as it looks. */
export class Watcher {
  readonly #port: WatchPort;
  readonly #counts = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: WatchPort) {
    this.#port = port;
  }

  /** Starts watching `topic`; the returned function stops. Asked twice, it is watched until both stop. */
  add(topic: string): () => void {
    this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1);
    this.#schedule(GATHER_MS);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const count = (this.#counts.get(topic) ?? 1) - 1;
      if (count > 0) this.#counts.set(topic, count);
      else this.#counts.delete(topic);
      // Not at once: whoever changes what it looks at lets go before it takes hold.
      if (this.#counts.size === 0) this.#schedule(GATHER_MS);
    };
  }

  /** Says at once what is watched: after a change, and when the page is seen again. */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#counts.size === 0) return this.leave();
    if (!this.#port.isVisible()) return;
    this.#schedule(RENEW_MS);
    const topics = [...this.#counts.keys()].slice(0, WATCH_TOPICS_MAX);
    // A refusal is not told to the user: the next renewal tries again, and stale prices say so themselves.
    await this.#port.post("/api/v1/watch", { topics, client_id: this.#port.clientId }).catch(() => {});
  }

  /** Says that nothing is watched any more; works while the page is going away. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#port.beacon("/api/v1/unwatch", { client_id: this.#port.clientId });
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.renew(), delayMs);
  }
}

let shared: Watcher | null = null;

/** The tab's one watcher. */
export function pageWatcher(): Watcher {
  return shared ??= createPageWatcher();
}

function createPageWatcher(): Watcher {
  const watcher = new Watcher({
    clientId: uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    isVisible: () => document.visibilityState === "visible",
    post: async (path, body) => {
      await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
    },
    beacon: (path, body) => {
      navigator.sendBeacon(path, new Blob([JSON.stringify(body)], { type: "application/json" }));
    },
  });
  document.addEventListener("visibilitychange", () => void watcher.renew());
  addEventListener("pageshow", () => void watcher.renew());
  addEventListener("pagehide", () => watcher.leave());
  return watcher;
}
