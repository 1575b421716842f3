import type { Duplex } from "node:stream";
import { CLOSE, type CloseCode, encodeClose, encodeFrame, FrameDecoder, OPCODE } from "./frames.ts";
import type { FrameTarget } from "./hub.ts";
import type { Limits } from "./limits.ts";
import type { Counters } from "./metrics.ts";
import { type Batch, conflate, type Flushable, type Frame, type FrameRun, type Outbox } from "./outbox.ts";
import { openWriter, type SocketWriter, type WriterOwner } from "./socket_writer.ts";
import type { Version } from "./wire.ts";

/** What a connection tells its owner. */
export interface ConnectionEvents {
  onText(text: string): void;
  onBinary(bytes: Uint8Array): void;
  /** Called once, however the socket ended. */
  onGone(): void;
}

/** What every connection shares. */
export interface ConnectionContext {
  outbox: Outbox;
  limits: Limits;
  counters: Counters;
  nowMs(): number;
}

// How long a peer may take to answer our close frame or read what is left.
const CLOSE_WAIT_MS = 2_000;

/**
 * One WebSocket on a raw socket: frames queue up and leave in one write at the end of the tick. While
 * the kernel takes no more, the queue grows up to a soft limit (older conflatable frames give way), then
 * to a hard one (the socket closes), so a slow reader costs a bounded amount of memory.
 */
export class Connection implements FrameTarget, Flushable, WriterOwner {
  readonly version: Version;
  readonly #socket: Duplex;
  readonly #writer: SocketWriter;
  readonly #context: ConnectionContext;
  readonly #events: ConnectionEvents;
  readonly #decoder: FrameDecoder;
  #pending: Batch | null = null;
  #relieveAtBytes: number;
  #scheduled = false;
  #blocked = false;
  #closing = false;
  #gone = false;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  #heardMs: number;

  constructor(socket: Duplex, version: Version, context: ConnectionContext, events: ConnectionEvents) {
    this.version = version;
    this.#socket = socket;
    this.#writer = openWriter(socket, this);
    this.#context = context;
    this.#events = events;
    this.#heardMs = context.nowMs();
    this.#relieveAtBytes = context.limits.sendQueueSoftBytesMax;
    this.#decoder = new FrameDecoder(context.limits.frameBytesMax, {
      onText: (text) => events.onText(text),
      onBinary: (bytes) => events.onBinary(bytes),
      onPing: (bytes) => this.#sendControl(OPCODE.pong, bytes),
      onPong: () => {},
      onClose: () => this.#answerClose(),
    });
    socket.on("data", (chunk: Uint8Array) => this.read(chunk));
    socket.on("error", () => this.destroy());
    socket.on("end", () => this.destroy());
    socket.on("close", () => this.destroy());
  }

  /** Whether frames still reach the peer. */
  get open(): boolean {
    return !this.#closing && !this.#gone;
  }

  /** Bytes that wait in our queue and in the socket's. */
  get queuedBytes(): number {
    return (this.#pending?.byteLength ?? 0) + (this.#gone ? 0 : this.#writer.waitingBytes);
  }

  /** When the peer last sent anything, Unix ms. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Takes bytes from the peer; `chunk` is changed in place. */
  read(chunk: Uint8Array): void {
    if (!this.open) return;
    this.#heardMs = this.#context.nowMs();
    const refusal = this.#decoder.push(chunk);
    if (refusal !== null) this.close(refusal);
  }

  /** Queues a frame for the end of this tick. */
  send(frame: Frame): void {
    if (this.#closing || this.#gone) return;
    this.#context.counters.messages_out++;
    this.#queue(frame);
  }

  /** Queues frames that others get too for the end of this tick. */
  sendRun(run: FrameRun): void {
    if (this.#closing || this.#gone) return;
    this.#context.counters.messages_out += run.frames.length;
    this.#wait(run.appendTo(this.#pending ?? this.#context.outbox.root));
  }

  #queue(frame: Frame): void {
    this.#wait((this.#pending ?? this.#context.outbox.root).append(frame));
  }

  #wait(pending: Batch): void {
    this.#pending = pending;
    if (this.#blocked && pending.byteLength > this.#relieveAtBytes) this.#relieve();
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    this.#context.outbox.schedule(this);
  }

  /** Drops what newer frames replace; closes the socket when that is not enough. */
  #relieve(): void {
    const { sendQueueSoftBytesMax, sendQueueHardBytesMax } = this.#context.limits;
    const { batch, dropped } = conflate(this.#pending as Batch);
    if (dropped > 0) {
      this.#pending = batch;
      this.#context.counters.conflated += dropped;
    }
    // Looking again only after the queue has doubled keeps the cost of a slow reader in proportion to its frames.
    this.#relieveAtBytes = Math.min(Math.max(sendQueueSoftBytesMax, 2 * batch.byteLength), sendQueueHardBytesMax);
    if (batch.byteLength <= sendQueueHardBytesMax) return;
    this.#context.counters.slow_closed++;
    this.destroy();
  }

  /** Writes what is queued, in one call where it is small. The outbox calls it. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#pending;
    if (batch === null || this.#blocked || this.#gone) return;
    this.#pending = null;
    this.#relieveAtBytes = this.#context.limits.sendQueueSoftBytesMax;
    this.#context.counters.bytes_out += batch.byteLength;
    this.#blocked = !this.#writer.write(batch);
  }

  /** What waited is written: the next may follow. The writer calls it. */
  onWritable(): void {
    this.#blocked = false;
    this.flush();
    if (this.#closing) this.#endWhenWritten();
  }

  #sendControl(opcode: number, payload: Uint8Array): void {
    if (!this.#gone) this.#queue({ bytes: encodeFrame(opcode, payload), conflationKey: null });
  }

  /** Says goodbye with `code` behind what is queued, and gives the peer a moment to answer. */
  close(code: CloseCode, reason = ""): void {
    if (!this.open) return;
    this.#queue({ bytes: encodeClose(code, reason), conflationKey: null });
    this.#finish();
  }

  #answerClose(): void {
    if (!this.open) return;
    this.#queue({ bytes: encodeClose(CLOSE.normal), conflationKey: null });
    this.#finish();
  }

  #finish(): void {
    if (this.#gone) return;
    this.#closing = true;
    this.flush();
    this.#endWhenWritten();
    this.#closeTimer = setTimeout(() => this.destroy(), CLOSE_WAIT_MS);
    this.#events.onGone();
  }

  /** The stream knows nothing of what its handle still has to write, and would shut down in front of it. */
  #endWhenWritten(): void {
    if (!this.#blocked && !this.#gone) this.#socket.end();
  }

  /** Drops the socket at once. */
  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#pending = null;
    clearTimeout(this.#closeTimer);
    this.#socket.destroy();
    if (!this.#closing) this.#events.onGone();
  }
}
