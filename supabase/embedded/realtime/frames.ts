/**
 * RFC 6455 framing for the server side: reads masked client frames from chunks of any size, writes
 * unmasked ones. Extensions are never negotiated, so any reserved bit is an error. Nothing here throws
 * on input: an error is the close code the peer is owed.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Close codes this server sends (RFC 6455 §7.4.1). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  invalidText: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internal: 1011,
} as const;

/** A close code of ours. */
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** What a decoder hands on, in order. Bytes belong to the receiver. */
export interface FrameSink {
  onText(text: string): void;
  onBinary(bytes: Uint8Array): void;
  onPing(bytes: Uint8Array): void;
  onPong(): void;
  onClose(code: number): void;
}

const CONTROL_BYTES_MAX = 125;
const HEADER_BYTES_MAX = 14;
// A flood of empty fragments would otherwise grow a list without growing the message.
const FRAGMENTS_MAX = 1_024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const EMPTY = new Uint8Array(0);

/** Decodes UTF-8; null when it is not. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** One unmasked frame, complete (FIN set). */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = new Uint8Array(headerBytes + length);
  frame[0] = 0x80 | opcode;
  if (headerBytes === 2) frame[1] = length;
  else {
    const view = new DataView(frame.buffer);
    frame[1] = headerBytes === 4 ? 126 : 127;
    if (headerBytes === 4) view.setUint16(2, length);
    else view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, headerBytes);
  return frame;
}

/** A close frame with `code` and a short ASCII `reason`. */
export function encodeClose(code: number, reason = ""): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, CONTROL_BYTES_MAX - 2);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return encodeFrame(OPCODE.close, payload);
}

interface Header {
  fin: boolean;
  opcode: number;
  payloadBytes: number;
  mask0: number;
  mask1: number;
  mask2: number;
  mask3: number;
}

/** Reassembles messages of at most `messageBytesMax` bytes from a socket's chunks. */
export class FrameDecoder {
  readonly #messageBytesMax: number;
  readonly #sink: FrameSink;
  #head: Uint8Array = EMPTY;
  #header: Header | null = null;
  #parts: Uint8Array[] = [];
  #missing = 0;
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  #fragmentOpcode = 0;
  #ended = false;

  constructor(messageBytesMax: number, sink: FrameSink) {
    this.#messageBytesMax = messageBytesMax;
    this.#sink = sink;
  }

  /**
   * Takes the next bytes; `chunk` is changed in place (unmasked). Returns the code to close with, or
   * null to go on. After a code, or after the peer's close frame, further bytes are ignored.
   */
  push(chunk: Uint8Array): CloseCode | null {
    let offset = 0;
    while (offset < chunk.length && !this.#ended) {
      if (this.#header === null) {
        const used = this.#readHeader(chunk, offset);
        if (typeof used !== "number") return this.#end(used.close);
        offset += used;
        if (this.#header === null) return null;
        if (this.#missing > 0) continue;
      } else {
        const take = Math.min(this.#missing, chunk.length - offset);
        this.#parts.push(chunk.subarray(offset, offset + take));
        this.#missing -= take;
        offset += take;
      }
      if (this.#missing === 0) {
        const code = this.#finishFrame();
        if (code !== null) return this.#end(code);
      }
    }
    return null;
  }

  #end(code: CloseCode): CloseCode {
    this.#ended = true;
    this.#parts = [];
    this.#fragments = [];
    return code;
  }

  /** Reads as much of a header as there is; sets `#header` once complete. Returns the bytes used. */
  #readHeader(chunk: Uint8Array, offset: number): number | { close: CloseCode } {
    const before = this.#head.length;
    const bytes = before === 0
      ? chunk.subarray(offset, offset + HEADER_BYTES_MAX)
      : join([this.#head, chunk.subarray(offset, offset + HEADER_BYTES_MAX - before)]);
    if (bytes.length >= 2 && isForbidden(bytes[0] ?? 0, bytes[1] ?? 0)) return { close: CLOSE.protocolError };
    const need = headerBytesNeeded(bytes);
    if (bytes.length < need) {
      this.#head = bytes.slice();
      return bytes.length - before;
    }
    this.#head = EMPTY;
    const header = parseHeader(bytes, need, this.#messageBytesMax);
    if ("close" in header) return header;
    const refusal = this.#refuseSequence(header);
    if (refusal !== null) return { close: refusal };
    this.#header = header;
    this.#missing = header.payloadBytes;
    return need - before;
  }

  #refuseSequence(header: Header): CloseCode | null {
    if (header.opcode >= OPCODE.close) return null;
    const continues = header.opcode === OPCODE.continuation;
    if (continues !== (this.#fragmentOpcode !== 0)) return CLOSE.protocolError;
    const total = this.#fragmentBytes + header.payloadBytes;
    return total > this.#messageBytesMax || this.#fragments.length >= FRAGMENTS_MAX ? CLOSE.tooBig : null;
  }

  #finishFrame(): CloseCode | null {
    const header = this.#header as Header;
    const payload = join(this.#parts);
    this.#header = null;
    this.#parts = [];
    unmask(payload, header);
    if (header.opcode >= OPCODE.close) return this.#finishControl(header.opcode, payload);
    if (header.fin && this.#fragmentOpcode === 0) return this.#deliver(header.opcode, payload);
    if (header.opcode !== OPCODE.continuation) this.#fragmentOpcode = header.opcode;
    this.#fragments.push(payload);
    this.#fragmentBytes += payload.length;
    if (!header.fin) return null;
    const opcode = this.#fragmentOpcode;
    const message = join(this.#fragments);
    this.#fragments = [];
    this.#fragmentBytes = 0;
    this.#fragmentOpcode = 0;
    return this.#deliver(opcode, message);
  }

  #finishControl(opcode: number, payload: Uint8Array): CloseCode | null {
    if (opcode === OPCODE.ping) this.#sink.onPing(payload);
    else if (opcode === OPCODE.pong) this.#sink.onPong();
    else {
      if (payload.length === 1) return CLOSE.protocolError;
      const code = payload.length === 0 ? CLOSE.normal : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
      this.#ended = true;
      this.#sink.onClose(code);
    }
    return null;
  }

  #deliver(opcode: number, payload: Uint8Array): CloseCode | null {
    if (opcode === OPCODE.binary) this.#sink.onBinary(payload);
    else {
      const text = decodeUtf8(payload);
      if (text === null) return CLOSE.invalidText;
      this.#sink.onText(text);
    }
    return null;
  }
}

/** Whether a frame's first two bytes already break the protocol. */
function isForbidden(first: number, second: number): boolean {
  const opcode = first & 0x0f;
  const control = opcode >= OPCODE.close;
  const known = opcode <= OPCODE.binary || (control && opcode <= OPCODE.pong);
  // Reserved bits need an extension; a client that does not mask breaks RFC 6455 §5.1.
  if ((first & 0x70) !== 0 || !known || (second & 0x80) === 0) return true;
  return control && ((first & 0x80) === 0 || (second & 0x7f) > CONTROL_BYTES_MAX);
}

function headerBytesNeeded(bytes: Uint8Array): number {
  if (bytes.length < 2) return 2;
  const length = (bytes[1] ?? 0) & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + 4;
}

function parseHeader(bytes: Uint8Array, need: number, payloadBytesMax: number): Header | { close: CloseCode } {
  const first = bytes[0] ?? 0;
  let payloadBytes = (bytes[1] ?? 0) & 0x7f;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (payloadBytes === 126) payloadBytes = view.getUint16(2);
  else if (payloadBytes === 127) {
    const long = view.getBigUint64(2);
    payloadBytes = long > BigInt(payloadBytesMax) ? payloadBytesMax + 1 : Number(long);
  }
  if (payloadBytes > payloadBytesMax) return { close: CLOSE.tooBig };
  const [mask0 = 0, mask1 = 0, mask2 = 0, mask3 = 0] = bytes.subarray(need - 4, need);
  return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, payloadBytes, mask0, mask1, mask2, mask3 };
}

function unmask(bytes: Uint8Array, { mask0, mask1, mask2, mask3 }: Header): void {
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    bytes[i] = (bytes[i] as number) ^ mask0;
    bytes[i + 1] = (bytes[i + 1] as number) ^ mask1;
    bytes[i + 2] = (bytes[i + 2] as number) ^ mask2;
    bytes[i + 3] = (bytes[i + 3] as number) ^ mask3;
  }
  const tail = [mask0, mask1, mask2];
  for (let i = whole; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (tail[i - whole] as number);
}

function join(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
