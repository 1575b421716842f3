/** A WebSocket client over a raw socket, so that thousands of them cost little beside the server they measure. */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** What a client tells its owner. */
export interface RawClientEvents {
  onOpen(): void;
  /** A whole frame: its opcode and payload. Pings are answered before. */
  onFrame(opcode: number, payload: Buffer): void;
  onClose(error: Error | null): void;
}

const PING = 9;
const PONG = 10;
const TEXT = 1;

export class RawClient {
  readonly #socket: Socket;
  readonly #events: RawClientEvents;
  #buffered: Buffer = Buffer.alloc(0);
  #upgraded = false;
  #error: Error | null = null;

  constructor(port: number, path: string, events: RawClientEvents) {
    this.#events = events;
    const socket = this.#socket = connect({ host: "127.0.0.1", port });
    socket.setNoDelay(true);
    socket.on("error", (error) => this.#error = error);
    socket.on("close", () => events.onClose(this.#error));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  }

  send(text: string): void {
    this.#sendFrame(TEXT, Buffer.from(text));
  }

  /** Cuts the connection without a goodbye, as a lost network does. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#buffered = this.#buffered.length > 0 ? Buffer.concat([this.#buffered, chunk]) : chunk;
    if (!this.#upgraded && !this.#readAnswer()) return;
    let at = 0;
    for (;;) {
      const frame = frameAt(this.#buffered, at);
      if (frame === null) break;
      at = frame.end;
      const payload = this.#buffered.subarray(frame.start, frame.end);
      if (frame.opcode === PING) this.#sendFrame(PONG, payload);
      else this.#events.onFrame(frame.opcode, payload);
    }
    if (at > 0) this.#buffered = this.#buffered.subarray(at);
  }

  #readAnswer(): boolean {
    const end = this.#buffered.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const answer = this.#buffered.subarray(0, end).toString();
    if (!answer.startsWith("HTTP/1.1 101")) {
      this.#error = new Error(answer);
      this.#socket.destroy();
      return false;
    }
    this.#upgraded = true;
    this.#buffered = this.#buffered.subarray(end + 4);
    this.#events.onOpen();
    return true;
  }

  /** Client frames are masked; a mask of zeros is a mask. */
  #sendFrame(opcode: number, payload: Buffer): void {
    const head = payload.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
      : Buffer.from([0x80 | opcode, 0xfe, payload.length >> 8, payload.length & 0xff]);
    this.#socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }
}

/** Where the unmasked frame at `at` has its payload; null while it is incomplete. */
function frameAt(data: Buffer, at: number): { opcode: number; start: number; end: number } | null {
  if (data.length - at < 2) return null;
  const opcode = data.readUInt8(at) & 0x0f;
  let length = data.readUInt8(at + 1) & 0x7f;
  let start = at + 2;
  if (length === 126) {
    if (data.length - at < 4) return null;
    length = data.readUInt16BE(at + 2);
    start = at + 4;
  } else if (length === 127) {
    if (data.length - at < 10) return null;
    length = Number(data.readBigUInt64BE(at + 2));
    start = at + 10;
  }
  const end = start + length;
  return end > data.length ? null : { opcode, start, end };
}
