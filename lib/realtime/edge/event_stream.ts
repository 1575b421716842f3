/** Frames that wait for a slow reader before it is cut off; it comes back with `Last-Event-ID`. */
export const FRAMES_WAITING_MAX = 64;

/** Frames handed to the runtime ahead of the reader. */
const FRAMES_AHEAD_MAX = 16;

/** Time a reader may take nothing while frames wait. */
const STALLED_ms_MAX = 60_000;

const encoder = new TextEncoder();

/** One server-sent event, encoded once and shared by all its readers. */
export type Frame = Uint8Array<ArrayBuffer>;

/** What an event carries; `id` is what a reader gives back as `Last-Event-ID`. */
export interface EventParts {
  event: string;
  data: unknown;
  id?: string;
}

/** Encodes an event. JSON keeps `data` on one line, so no value can forge another event. */
export function encodeEvent({ event, data, id }: EventParts): Frame {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Encodes a comment, which keeps idle proxies from closing the connection. */
export function encodeComment(text: string): Frame {
  return encoder.encode(`: ${text}\n\n`);
}

/** Encodes how long a reader waits before it reconnects. */
export function encodeRetry(retryMs: number): Frame {
  return encoder.encode(`retry: ${retryMs}\n\n`);
}

/** How a stream learns of its end and of time. */
export interface EventStreamOptions {
  /** Called once, whoever ended the stream. */
  onClose: () => void;
  nowMs: () => number;
}

/**
 * The body of one server-sent event response. A reader that cannot keep up costs a bounded amount of
 * memory: frames that must arrive wait up to a limit, replaceable ones only in their latest version.
 */
export class EventStream {
  readonly body: ReadableStream<Frame>;
  readonly #onClose: () => void;
  readonly #nowMs: () => number;
  readonly #waiting: Frame[] = [];
  #latest: Frame | null = null;
  #controller: ReadableStreamDefaultController<Frame> | null = null;
  #closed = false;
  #takenAtMs: number;

  constructor({ onClose, nowMs }: EventStreamOptions) {
    this.#onClose = onClose;
    this.#nowMs = nowMs;
    this.#takenAtMs = nowMs();
    this.body = new ReadableStream<Frame>({
      start: (controller) => void (this.#controller = controller),
      pull: () => {
        this.#takenAtMs = this.#nowMs();
        this.#flush();
      },
      cancel: () => this.#end(),
    }, new CountQueuingStrategy({ highWaterMark: FRAMES_AHEAD_MAX }));
  }

  /** Whether the stream has ended. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a frame that must arrive; a replaceable one still waiting is older news and is dropped. */
  send(frame: Frame): void {
    if (this.#closed) return;
    this.#latest = null;
    this.#waiting.push(frame);
    this.#flush();
    if (this.#waiting.length > FRAMES_WAITING_MAX) this.close();
  }

  /** Sends a frame of which only the latest matters. */
  sendLatest(frame: Frame): void {
    if (this.#closed) return;
    this.#latest = frame;
    this.#flush();
  }

  /** Sends a frame only if the reader is ready for it; ends the stream of one that stopped reading. */
  sendIfReady(frame: Frame): void {
    if (this.#closed) return;
    if (this.#ready() && this.#waiting.length === 0) this.#controller?.enqueue(frame);
    else if (this.#nowMs() - this.#takenAtMs > STALLED_ms_MAX) this.close();
  }

  /** Ends the stream after what was handed over. */
  close(): void {
    if (this.#closed) return;
    this.#end();
    this.#controller?.close();
  }

  #ready(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #flush(): void {
    while (this.#ready()) {
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#controller?.enqueue(frame);
    }
    const latest = this.#latest;
    if (latest === null || this.#waiting.length > 0 || !this.#ready()) return;
    // Forgotten first: enqueue() may call pull(), which comes back here.
    this.#latest = null;
    this.#controller?.enqueue(latest);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    this.#latest = null;
    this.#onClose();
  }
}
