import { z } from "zod";

/** Streams a connection may hold, as on Binance. */
export const STREAMS_MAX = 1_024;
/** Messages a connection may send in any second, as on Binance; one more closes it with 1008. */
export const MESSAGES_PER_SECOND_MAX = 5;
/** The largest message taken: a subscription to {@link STREAMS_MAX} streams, with room. A larger one closes with 1009. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** What may wait for a slow reader before its connection is closed with 1008. */
export const BUFFERED_BYTES_MAX = 8 * 1024 * 1024;

const CLOSE_POLICY = 1008;
const CLOSE_UNSUPPORTED = 1003;
const CLOSE_TOO_BIG = 1009;
const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"] as const;
const STREAM_NAME = /^[A-Za-z0-9_@!.:+-]{1,80}$/;

/** Binance takes an integer, a short text or null as a request's id. */
const idSchema = z.union([z.int(), z.string().max(36), z.null()]);

/** What a connection asks of its hub. */
export interface ConnectionHost {
  /** The connection's streams changed. */
  onStreams(connection: Connection): void;
  /** The connection hears nothing any more. */
  onClosed(connection: Connection): void;
  /** Its socket has ended too: after a close that is when the other side has answered, or broken off. */
  onGone(connection: Connection): void;
  onMessage(): void;
  onFrame(): void;
  /** Whether nothing may be sent now; what is not sent then is lost. */
  isSilent(): boolean;
  nowMs(): number;
}

/** One market socket: its subscriptions, its limits, and Binance's control messages. */
export class Connection {
  readonly streams = new Set<string>();
  readonly #socket: WebSocket;
  readonly #host: ConnectionHost;
  readonly #recent_ms: number[] = [];
  #combined: boolean;
  #isOpen = false;
  #isClosed = false;

  constructor(socket: WebSocket, streams: readonly string[], combined: boolean, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#combined = combined;
    for (const name of streams) this.streams.add(name);
    socket.onopen = () => this.#isOpen = true;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => {
      this.#finish();
      host.onGone(this);
    };
    // A broken connection is followed by its close event; there is nothing else to do.
    socket.onerror = (event) => event.preventDefault();
  }

  /** Whether payloads are wrapped as `{stream, data}`. */
  get isCombined(): boolean {
    return this.#combined;
  }

  /** Sends a text frame, unless silent or closed. A reader that is too slow is closed instead. */
  send(text: string): void {
    if (!this.#isOpen || this.#isClosed || this.#host.isSilent()) return;
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) {
      this.close(CLOSE_POLICY, "Reader is too slow");
      return;
    }
    this.#socket.send(text);
    this.#host.onFrame();
  }

  /** Closes the socket; it counts as gone at once. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#finish();
    try {
      this.#socket.close(code, reason);
    } catch {
      // It broke by itself in the meantime.
    }
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.onClosed(this);
  }

  #receive(data: unknown): void {
    if (this.#isClosed) return;
    this.#host.onMessage();
    if (this.#isHasty()) {
      this.close(CLOSE_POLICY, "Too many requests");
    } else if (typeof data !== "string") {
      this.close(CLOSE_UNSUPPORTED, "Only text is understood");
    } else if (new TextEncoder().encode(data).length > MESSAGE_BYTES_MAX) {
      this.close(CLOSE_TOO_BIG, "Message is too big");
    } else {
      this.send(JSON.stringify(this.#answer(data)));
    }
  }

  #isHasty(): boolean {
    const now_ms = this.#host.nowMs();
    while (this.#recent_ms[0] !== undefined && this.#recent_ms[0] <= now_ms - 1000) this.#recent_ms.shift();
    this.#recent_ms.push(now_ms);
    return this.#recent_ms.length > MESSAGES_PER_SECOND_MAX;
  }

  #answer(text: string): unknown {
    const message = parseJson(text);
    if (!message.ok) return failure(3, `Invalid JSON: ${message.reason}`);
    const { value } = message;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return failure(2, "Invalid request: expected an object");
    }
    const { method, params, id: rawId = null } = value as Record<string, unknown>;
    const id = idSchema.safeParse(rawId);
    if (!id.success) return failure(2, "Invalid request: request ID must be an unsigned integer");
    if (typeof method !== "string") return failure(2, "Invalid request: missing field `method`", id.data);
    switch (method) {
      case "SUBSCRIBE":
        return this.#subscribe(params, id.data);
      case "UNSUBSCRIBE":
        return this.#unsubscribe(params, id.data);
      case "LIST_SUBSCRIPTIONS":
        return { result: [...this.streams], id: id.data };
      case "SET_PROPERTY":
      case "GET_PROPERTY":
        return this.#property(method, params, id.data);
      default: {
        const known = METHODS.map((name) => `\`${name}\``).join(", ");
        const named = method.slice(0, 40);
        return failure(2, `Invalid request: unknown variant \`${named}\`, expected one of ${known}`, id.data);
      }
    }
  }

  #subscribe(params: unknown, id: unknown): unknown {
    const names = streamNames(params);
    if (!names) return failure(2, "Invalid request: invalid stream", id);
    const added = names.filter((name) => !this.streams.has(name));
    if (this.streams.size + new Set(added).size > STREAMS_MAX) {
      return failure(2, `Invalid request: more than ${STREAMS_MAX} streams`, id);
    }
    for (const name of added) this.streams.add(name);
    this.#host.onStreams(this);
    return { result: null, id };
  }

  #unsubscribe(params: unknown, id: unknown): unknown {
    const names = streamNames(params);
    if (!names) return failure(2, "Invalid request: invalid stream", id);
    for (const name of names) this.streams.delete(name);
    this.#host.onStreams(this);
    return { result: null, id };
  }

  #property(method: "SET_PROPERTY" | "GET_PROPERTY", params: unknown, id: unknown): unknown {
    const [name, value, ...rest] = Array.isArray(params) ? params as unknown[] : [];
    if (typeof name !== "string") return failure(2, "Invalid request: property name must be a string", id);
    if (rest.length > 0) return failure(2, "Invalid request: too many parameters", id);
    if (name !== "combined") return failure(0, "Unknown property", id);
    if (method === "GET_PROPERTY") return { result: this.#combined, id };
    if (typeof value !== "boolean") return failure(1, "Invalid value type: expected Boolean", id);
    this.#combined = value;
    return { result: null, id };
  }
}

/** A list of well-formed stream names, or undefined. Names that mean nothing are well-formed too. */
export function streamNames(params: unknown): string[] | undefined {
  if (!Array.isArray(params)) return undefined;
  return params.every((name): name is string => typeof name === "string" && STREAM_NAME.test(name))
    ? params
    : undefined;
}

function failure(code: number, msg: string, id?: unknown): unknown {
  return id === undefined ? { error: { code, msg } } : { error: { code, msg }, id };
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, reason: "expected value at line 1 column 1" };
  }
}
