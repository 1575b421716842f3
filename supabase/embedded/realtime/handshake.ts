import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Handshake, KeyRole } from "./session.ts";

const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_PATTERN = /^[A-Za-z0-9+/]{22}==$/;
// What policies may read of a handshake: custom headers, but not those proxies add, which differ from
// client to client and tell nothing about permission.
const HEADER_PATTERN = /^x-(?!forwarded-|real-ip$|request-id$|client-info$)/;
const HEADERS_LENGTH_MAX = 4_096;

/** A handshake to accept, or the HTTP answer that refuses it. */
export type HandshakeParse = { ok: true; handshake: Handshake; accept: string } | {
  ok: false;
  status: number;
  error: string;
};

/** Reads an upgrade request. */
export function parseHandshake(
  request: IncomingMessage,
  roleOfApiKey: (key: string) => KeyRole | null,
): HandshakeParse {
  const { headers } = request;
  const url = URL.parse(request.url ?? "/", "http://localhost");
  const path = url?.pathname.replace(/\/{2,}/g, "/") ?? "";
  if (url === null || !/^\/realtime\/v1(\/websocket){1,2}\/?$/.test(path)) return refuse(404, "Not found");
  const key = headers["sec-websocket-key"];
  if (request.method !== "GET" || headers.upgrade?.toLowerCase() !== "websocket") {
    return refuse(400, "A WebSocket upgrade is expected");
  }
  if (headers["sec-websocket-version"] !== "13" || key === undefined || !KEY_PATTERN.test(key)) {
    return refuse(400, "Sec-WebSocket-Version 13 and a key are expected");
  }
  const apiKey = url.searchParams.get("apikey") ?? first(headers.apikey) ?? first(headers["x-api-key"]);
  if (!apiKey) return refuse(401, "No API key found in request");
  const keyRole = roleOfApiKey(apiKey);
  if (keyRole === null) return refuse(401, "Invalid API key");
  const version = versionOf(url.searchParams.get("vsn"));
  if (version === null) return refuse(403, "Unsupported protocol version");
  return {
    ok: true,
    handshake: { version, apiKey, keyRole, headersJson: policyHeaders(headers) },
    accept: createHash("sha1").update(key + WEBSOCKET_GUID).digest("base64"),
  };
}

/** Answers 101. */
export function acceptHandshake(socket: Duplex, accept: string): void {
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** Answers `status` with `{error}` and ends the socket. */
export function refuseHandshake(socket: Duplex, status: number, error: string): void {
  const body = JSON.stringify({ error });
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Refused"}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const STATUS_TEXT: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

function refuse(status: number, error: string): HandshakeParse {
  return { ok: false, status, error };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** A socket that names no version speaks the first, as Phoenix has it. */
function versionOf(vsn: string | null): 1 | 2 | null {
  if (vsn === null || vsn === "1.0.0") return 1;
  return vsn === "2.0.0" ? 2 : null;
}

function policyHeaders(headers: IncomingMessage["headers"]): string {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    // The key is a secret, and says no more than the role does.
    if (name === "x-api-key" || !HEADER_PATTERN.test(name)) continue;
    chosen[name] = first(value) ?? "";
  }
  const json = JSON.stringify(chosen);
  return json.length <= HEADERS_LENGTH_MAX ? json : "{}";
}
