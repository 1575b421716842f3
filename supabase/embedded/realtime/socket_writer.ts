import type { Duplex } from "node:stream";
import process from "node:process";
import type { Batch } from "./outbox.ts";

/** Writes batches to one socket, one at a time. */
export interface SocketWriter {
  /** Bytes handed over that the kernel has not taken yet. */
  readonly waitingBytes: number;
  /**
   * Writes a batch. False: the kernel is full, the rest follows by itself and `onWritable` says when; until
   * then nothing more may be written.
   */
  write(batch: Batch): boolean;
}

/** Whom a writer tells. */
export interface WriterOwner {
  /** The batch that waited is written. */
  onWritable(): void;
  /** The peer can no longer be written to. */
  destroy(): void;
}

/** Writes below the stream machinery where the runtime lets us, through the stream elsewhere. */
export function openWriter(socket: Duplex, owner: WriterOwner): SocketWriter {
  const handle = (socket as { _handle?: unknown })._handle;
  return BINDING !== null && isStreamHandle(handle) ? new HandleWriter(handle, owner) : new StreamWriter(socket, owner);
}

// Larger batches are handed over frame by frame rather than copied into one piece.
const COPY_BYTES_MAX = 128 * 1024;

/** What `node:net` itself writes with; zero means accepted, a negative number is the error. */
interface StreamHandle {
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest, pieces: Uint8Array[], allBuffers: true): number;
}

/** Names a write that could not be finished at once, and keeps its bytes alive until it is. */
interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  writer?: HandleWriter | null;
  pieces?: Uint8Array | Uint8Array[] | null;
}

/** The part of Node's `stream_wrap` binding that says how the last write ended. */
interface StreamBinding {
  WriteWrap: new () => WriteRequest;
  streamBaseState: ArrayLike<number>;
  kLastWriteWasAsync: number;
}

const BINDING = loadBinding();

function loadBinding(): StreamBinding | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Partial<StreamBinding> };
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = binding("stream_wrap");
    if (typeof WriteWrap !== "function" || typeof kLastWriteWasAsync !== "number") return null;
    if (typeof streamBaseState?.[kLastWriteWasAsync] !== "number") return null;
    return { WriteWrap, streamBaseState, kLastWriteWasAsync };
  } catch {
    return null;
  }
}

function isStreamHandle(handle: unknown): handle is StreamHandle {
  const { writeBuffer, writev } = (handle ?? {}) as Partial<StreamHandle>;
  return typeof writeBuffer === "function" && typeof writev === "function";
}

function newRequest({ WriteWrap }: StreamBinding): WriteRequest {
  const request = new WriteWrap();
  request.oncomplete = onComplete;
  return request;
}

function onComplete(this: WriteRequest, status: number): void {
  const writer = this.writer;
  this.writer = null;
  this.pieces = null;
  writer?.onComplete(status);
}

// A write the kernel takes at once leaves its request untouched, so all sockets share this one; a write
// that must wait keeps it and leaves a new one here.
let spareRequest: WriteRequest | null = null;

/**
 * Calls the socket's native handle. A `write()` of the stream allocates a request, a callback and two
 * ticks for each socket; here a write that the kernel takes at once (nearly all) costs the system call.
 */
class HandleWriter implements SocketWriter {
  readonly #handle: StreamHandle;
  readonly #owner: WriterOwner;
  waitingBytes = 0;

  constructor(handle: StreamHandle, owner: WriterOwner) {
    this.#handle = handle;
    this.#owner = owner;
  }

  write(batch: Batch): boolean {
    const binding = BINDING as StreamBinding;
    const request = spareRequest ??= newRequest(binding);
    const pieces = batch.byteLength <= COPY_BYTES_MAX ? batch.bytes() : batch.frames().map((frame) => frame.bytes);
    const status = pieces instanceof Uint8Array
      ? this.#handle.writeBuffer(request, pieces)
      : this.#handle.writev(request, pieces, true);
    if (status !== 0) {
      this.#owner.destroy();
      return false;
    }
    if (binding.streamBaseState[binding.kLastWriteWasAsync] === 0) return true;
    spareRequest = null;
    request.writer = this;
    request.pieces = pieces;
    this.waitingBytes = batch.byteLength;
    return false;
  }

  onComplete(status: number): void {
    this.waitingBytes = 0;
    if (status < 0) this.#owner.destroy();
    else this.#owner.onWritable();
  }
}

/** Through the stream: for sockets that are not plain TCP, and runtimes without the binding. */
export class StreamWriter implements SocketWriter {
  readonly #socket: Duplex;

  constructor(socket: Duplex, owner: WriterOwner) {
    this.#socket = socket;
    socket.on("drain", () => owner.onWritable());
  }

  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  write(batch: Batch): boolean {
    if (batch.byteLength <= COPY_BYTES_MAX) return this.#socket.write(batch.bytes());
    let free = true;
    for (const frame of batch.frames()) free = this.#socket.write(frame.bytes);
    return free;
  }
}
