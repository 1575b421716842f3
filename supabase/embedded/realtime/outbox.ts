/** A complete WebSocket frame, encoded once and shared by every socket that gets it. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** Frames of one socket with the same key replace each other when that socket lags; null: never dropped. */
  readonly conflationKey: string | null;
}

/**
 * The frames queued for a socket, as a path in a tree shared by all sockets. Sockets that queued the same
 * frames since the last flush stand at the same node, so their bytes are concatenated once: queueing a
 * frame for one more subscriber moves a pointer and allocates nothing.
 */
export class Batch {
  readonly frame: Frame | null;
  readonly parent: Batch | null;
  readonly byteLength: number;
  readonly count: number;
  #bytes: Uint8Array | null = null;
  #nextFrame: Frame | null = null;
  #next: Batch | null = null;

  constructor(parent: Batch | null = null, frame: Frame | null = null) {
    this.parent = parent;
    this.frame = frame;
    this.byteLength = (parent?.byteLength ?? 0) + (frame?.bytes.length ?? 0);
    this.count = (parent?.count ?? 0) + (frame === null ? 0 : 1);
  }

  /** The batch with `frame` behind this one's. */
  append(frame: Frame): Batch {
    if (this.#nextFrame === frame) return this.#next as Batch;
    const next = new Batch(this, frame);
    this.#nextFrame = frame;
    this.#next = next;
    return next;
  }

  /** The frames in the order they were queued. */
  frames(): Frame[] {
    const frames = new Array<Frame>(this.count);
    let index = this.count;
    this.#walkBack((frame) => frames[--index] = frame);
    return frames;
  }

  /** All frames' bytes in one piece, made once for all sockets at this node. */
  bytes(): Uint8Array {
    if (this.#bytes !== null) return this.#bytes;
    if (this.count === 1) return this.#bytes = (this.frame as Frame).bytes;
    const bytes = new Uint8Array(this.byteLength);
    let end = this.byteLength;
    this.#walkBack((frame) => {
      end -= frame.bytes.length;
      bytes.set(frame.bytes, end);
    });
    return this.#bytes = bytes;
  }

  #walkBack(visit: (frame: Frame) => void): void {
    if (this.frame !== null) visit(this.frame);
    for (let at = this.parent; at?.frame; at = at.parent) visit(at.frame);
  }
}

/**
 * Frames that many sockets get in one go. Where it leads from a batch is found once for all sockets that
 * stand there, so a socket more costs a comparison however many frames there are.
 */
export class FrameRun {
  readonly frames: readonly Frame[];
  #from: Batch | null = null;
  #to: Batch | null = null;

  constructor(frames: readonly Frame[]) {
    this.frames = frames;
  }

  /** The batch with the run's frames behind `batch`'s. */
  appendTo(batch: Batch): Batch {
    if (this.#from === batch) return this.#to as Batch;
    this.#from = batch;
    this.#to = this.frames.reduce((at, frame) => at.append(frame), batch);
    return this.#to;
  }
}

/** Keeps of each conflation key the newest frame only, in its place; returns how many were dropped. */
export function conflate(batch: Batch): { batch: Batch; dropped: number } {
  const frames = batch.frames();
  const newest = new Map<string, Frame>();
  for (const frame of frames) if (frame.conflationKey !== null) newest.set(frame.conflationKey, frame);
  let kept = new Batch();
  for (const frame of frames) {
    if (frame.conflationKey === null || newest.get(frame.conflationKey) === frame) kept = kept.append(frame);
  }
  return { batch: kept, dropped: batch.count - kept.count };
}

/** A socket with frames to write at the end of this tick. */
export interface Flushable {
  flush(): void;
}

/** Writes every dirty socket once at the end of a tick, after all the tick's frames have been queued. */
export class Outbox {
  #root = new Batch();
  #dirty: Flushable[] = [];
  #scheduled = false;

  /** Where a socket with nothing queued starts. */
  get root(): Batch {
    return this.#root;
  }

  /** Asks for one `flush()` of `socket` in this tick. */
  schedule(socket: Flushable): void {
    this.#dirty.push(socket);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#scheduled = false;
    for (const socket of dirty) socket.flush();
    // A fresh root lets the tick's frames be collected.
    this.#root = new Batch();
  };
}
