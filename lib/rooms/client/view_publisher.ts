import type { SharedView } from "../shapes.ts";
import { isSameView } from "./drawing.ts";

/** The database takes two changes a second; a little slower, so that no clock's jitter makes one too many. */
export const POST_APART_ms = 550;

/** After a refusal or a lost connection it is tried again this much later. */
export const RETRY_ms = 2_000;

/** How posting a view ended: `retry` sends it again, `refused` waits for another one, `stop` sends none any more. */
export type Posted = "ok" | "retry" | "refused" | "stop";

/** Whether the room shows what it should: `failed` while it does not, and the last try was refused or lost. */
export type ShareState = "told" | "waiting" | "failed";

/** What a publisher needs of its browser. */
export interface PublisherPort {
  post(view: SharedView): Promise<Posted>;
  onState(state: ShareState): void;
  nowMs(): number;
  /** Runs something later; returns what takes that back. */
  later(run: () => void, delay_ms: number): () => void;
}

/** Tells the room what the streamer's chart shows: the latest of it, at most twice a second, and nothing twice. */
export class ViewPublisher {
  readonly #port: PublisherPort;
  #wanted: SharedView | null = null;
  #told: SharedView | null;
  #sentMs = -Infinity;
  #isSending = false;
  #takeBack: (() => void) | null = null;
  #hasStopped = false;

  /** @param told what the room shows already. */
  constructor(port: PublisherPort, told: SharedView | null) {
    this.#port = port;
    this.#told = told;
  }

  /** Shows this from now on. */
  show(view: SharedView): void {
    this.#wanted = view;
    if (!this.#hasStopped && !isSameView(view, this.#told)) this.#port.onState("waiting");
    this.#schedule(this.#sentMs + POST_APART_ms - this.#port.nowMs());
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#hasStopped = true;
    this.#takeBack?.();
    this.#takeBack = null;
  }

  #schedule(delay_ms: number): void {
    if (this.#hasStopped || this.#isSending || this.#takeBack !== null || isSameView(this.#wanted, this.#told)) return;
    this.#takeBack = this.#port.later(() => {
      this.#takeBack = null;
      void this.#send();
    }, Math.max(0, delay_ms));
  }

  async #send(): Promise<void> {
    const view = this.#wanted;
    if (view === null || isSameView(view, this.#told)) return;
    this.#isSending = true;
    this.#sentMs = this.#port.nowMs();
    const posted = await this.#port.post(view).catch(() => "retry" as const);
    this.#isSending = false;
    if (posted === "ok") this.#told = view;
    this.#port.onState(posted !== "ok" ? "failed" : isSameView(this.#wanted, view) ? "told" : "waiting");
    if (posted === "stop") return this.stop();
    if (posted === "refused" && isSameView(this.#wanted, view)) return;
    this.#schedule(posted !== "retry" ? this.#sentMs + POST_APART_ms - this.#port.nowMs() : RETRY_ms);
  }
}
