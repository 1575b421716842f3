import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "../../../lib/kernel/log.ts";
import { StartError } from "../errors.ts";
import { gatewayError, overloaded } from "./answers.ts";
import { Turnstile } from "./turnstile.ts";

/** An answer without a body, ready to be written: header names and values in turn. */
export interface BodilessAnswer {
  status: number;
  headers: string[];
}

/** Answers a request whose body has come. */
export type DirectHandler = (body: Uint8Array) => Promise<Response | BodilessAnswer>;

/** What the server hands on. */
export interface HttpHandlers {
  /** Takes requests that are too frequent to be made a Request of; null leaves one to `handle`. */
  openDirect(incoming: IncomingMessage): DirectHandler | null;
  /** Answers a request; `address` is the peer's. */
  handle(request: Request, address: string): Promise<Response>;
  /** Takes over a connection that asked for another protocol. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void;
}

// Room for the largest batch: a Realtime payload may have 3,000 kB, the worker writes candles in bulk.
const BODY_BYTES_MAX = 10_000_000;
const HEADER_BYTES_MAX = 32_768;
// A client that sends its request drop by drop holds a place no longer than this.
const HEADERS_MS_MAX = 10_000;
const BODY_MS_MAX = 30_000;
/** How often those two are looked after; by default only every half minute. */
const CHECK_INTERVAL_MS = 1_000;
/** Open connections, Realtime's included. */
const CONNECTIONS_MAX = 20_000;
const KEEP_ALIVE_MS = 65_000;
/** A body nobody will read is let run this long, so that its sender gets to read the refusal. */
const LINGER_MS_MAX = 1_000;
/** Requests whose bodies are in memory. */
const REQUESTS_MAX = 1_024;
/** The others wait with their bodies unread: a request per connection at most. */
const WAIT_MS_MAX = 10_000;
/** Names a request in answers and logs; never taken from outside. */
const REQUEST_ID = "sb-request-id";
const BODILESS_STATUS: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** One HTTP server on 127.0.0.1 whose requests are answered with fetch's Request and Response. */
export class HttpServer {
  readonly #server: Server;
  readonly #handlers: HttpHandlers;
  readonly #logger: Logger;
  readonly #turnstile = new Turnstile({
    places_max: REQUESTS_MAX,
    waiting_max: CONNECTIONS_MAX,
    wait_ms_max: WAIT_MS_MAX,
  });

  constructor(handlers: HttpHandlers, logger: Logger) {
    this.#handlers = handlers;
    this.#logger = logger;
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: BODY_MS_MAX,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    });
    this.#server.on("request", (request, response) => void this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      handlers.upgrade(request, socket, head);
    });
    this.#server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      else socket.destroy();
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /**
   * Listens on `port`, 0 choosing one.
   * @returns the port.
   * @throws StartError when it is taken.
   */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error & { code?: string }) =>
        reject(
          error.code === "EADDRINUSE"
            ? new StartError(`Port ${port} is taken: stop what uses it or choose another SUPABASE_PORT`)
            : error,
        );
      this.#server.once("error", fail);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", fail);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes every connection; safe to call again. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = crypto.randomUUID();
    let response: Response | BodilessAnswer;
    if (!await this.#turnstile.enter()) response = overloaded();
    else {
      try {
        const direct = this.#handlers.openDirect(incoming);
        response = direct === null ? await this.#handle(incoming, requestId) : await answerDirectly(incoming, direct);
      } catch (error) {
        this.#logger.error("A request failed", { request_id: requestId, path: pathOf(incoming), error });
        response = gatewayError(500, "UNEXPECTED_FAILURE", "Something broke on our side");
      } finally {
        this.#turnstile.leave();
      }
    }
    if (!(response instanceof Response)) {
      outgoing.on("error", () => {});
      outgoing.writeHead(response.status, [...response.headers, REQUEST_ID, requestId, "content-length", "0"]);
      outgoing.end();
      return;
    }
    if (!incoming.complete) discard(incoming, response);
    await send(response, requestId, incoming.method === "HEAD", outgoing);
  }

  async #handle(incoming: IncomingMessage, requestId: string): Promise<Response> {
    const request = await toRequest(incoming, requestId);
    if (request instanceof Response) return request;
    return await this.#handlers.handle(request, incoming.socket.remoteAddress ?? "");
  }
}

async function answerDirectly(incoming: IncomingMessage, direct: DirectHandler): Promise<Response | BodilessAnswer> {
  const body = await readBody(incoming);
  return typeof body === "string" ? refuseBody(body) : await direct(body);
}

function refuseBody(reason: "too large" | "too slow"): Response {
  return reason === "too large"
    ? gatewayError(413, "BODY_TOO_LARGE", `The body is larger than ${BODY_BYTES_MAX} bytes`)
    : gatewayError(408, "REQUEST_TIMEOUT", "The body did not arrive in time");
}

async function toRequest(incoming: IncomingMessage, requestId: string): Promise<Request | Response> {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = incoming.rawHeaders[i] as string;
    if (!name.startsWith(":")) headers.append(name, incoming.rawHeaders[i + 1] as string);
  }
  headers.set(REQUEST_ID, requestId);
  const url = URL.parse(incoming.url ?? "/", `http://${headers.get("host") ?? "127.0.0.1"}`);
  const method = incoming.method ?? "GET";
  if (url === null) return gatewayError(400, "BAD_REQUEST", "The address or the Host header is malformed");
  if (/^(CONNECT|TRACE|TRACK)$/i.test(method)) return gatewayError(405, "METHOD_NOT_ALLOWED", "Method not allowed");
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers });
  const body = await readBody(incoming);
  if (typeof body === "string") return refuseBody(body);
  return new Request(url, { method, headers, ...(body.length > 0 ? { body } : {}) });
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | "too large" | "too slow"> {
  if (Number(incoming.headers["content-length"] ?? 0) > BODY_BYTES_MAX) return "too large";
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Events: the iterator of a stream costs more than all else in a small request.
  const refusal = await new Promise<"too large" | "too slow" | null>((resolve, reject) => {
    timer = setTimeout(() => {
      resolve("too slow");
      incoming.destroy();
    }, BODY_MS_MAX);
    incoming.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve("too large");
    });
    incoming.on("end", () => resolve(null));
    incoming.on("error", reject);
    incoming.on("close", () => {
      if (!incoming.complete) reject(new Error("The connection closed before the body had come"));
    });
  }).finally(() => clearTimeout(timer));
  if (refusal !== null) {
    incoming.removeAllListeners("data");
    return refusal;
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return new Uint8Array(only);
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

async function send(response: Response, requestId: string, isHead: boolean, outgoing: ServerResponse): Promise<void> {
  const headers: [string, string][] = [...response.headers, [REQUEST_ID, requestId]];
  outgoing.on("error", () => {});
  if (BODILESS_STATUS.has(response.status) || isHead) {
    outgoing.writeHead(response.status, headers.filter(([name]) => isHead || name !== "content-length").flat());
    outgoing.end();
    return;
  }
  const body = response.body === null ? null : new Uint8Array(await response.arrayBuffer());
  const rest = headers.filter(([name]) => name !== "content-length");
  outgoing.writeHead(response.status, [...rest, ["content-length", String(body?.length ?? 0)]].flat());
  if (body === null) outgoing.end();
  else outgoing.end(body);
}

/** Gives the connection up after an answer that came before the end of the request. */
function discard(incoming: IncomingMessage, response: Response): void {
  response.headers.set("connection", "close");
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS_MAX);
  incoming.socket.once("close", () => clearTimeout(timer));
  incoming.on("error", () => {});
  incoming.resume();
}

/** The path alone: a query may hold keys. */
function pathOf(incoming: IncomingMessage): string {
  return (incoming.url ?? "").split("?", 1)[0] ?? "";
}
