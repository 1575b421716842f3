/** Helpers of this folder's tests: a bare `node:http` host around the server, and a client that shows the wire. */
import { jwtVerify, SignJWT } from "jose";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createLogger } from "../../../lib/kernel/log.ts";
import { type RealtimeOptions, RealtimeServer } from "./server.ts";
import type { Authentication } from "./session.ts";

/** Keys of every test host. */
export const ANON_KEY = "sb_publishable_test";
export const SECRET_KEY = "sb_secret_test";
const SIGNING_SECRET = new TextEncoder().encode("only-for-tests-only-for-tests-only");
const WAIT_MS_MAX = 20_000;

/** A running server of its own, in front of `dbUrl`. */
export interface TestHost extends AsyncDisposable {
  url: string;
  server: RealtimeServer;
}

/** Starts a host on a free port; sockets are closed when it is disposed of. */
export async function startHost(dbUrl: string, options: Partial<RealtimeOptions> = {}): Promise<TestHost> {
  const realtime = new RealtimeServer({
    dbUrl,
    authenticate,
    roleOfApiKey: (key) => key === ANON_KEY ? "anon" : key === SECRET_KEY ? "service_role" : null,
    logger: createLogger({ service: "realtime", write: () => {}, nowMs: () => Date.now() }),
    nowMs: () => Date.now(),
    ...options,
  });
  await realtime.start();
  const http = createServer();
  const sockets = new Set<Duplex>();
  http.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  http.on("upgrade", (request, socket, head) => realtime.handleUpgrade(request, socket, head));
  http.on("request", async (incoming, outgoing) => {
    const response = await realtime.handleHttp(await toRequest(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server: realtime,
    async [Symbol.asyncDispose]() {
      await realtime.stop();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of incoming) parts.push(new Uint8Array(part));
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const method = incoming.method ?? "GET";
  const body = method === "GET" ? null : new Blob(parts);
  return new Request(`http://127.0.0.1${incoming.url}`, { method, headers, body });
}

async function authenticate(token: string): Promise<Authentication> {
  try {
    const { payload } = await jwtVerify(token, SIGNING_SECRET, { algorithms: ["HS256"] });
    const { role, exp } = payload;
    if (typeof role !== "string" || exp === undefined) {
      return { ok: false, code: "InvalidJWTToken", message: "Fields `role` and `exp` are required in JWT" };
    }
    return { ok: true, role, claims: payload, expMs: exp * 1_000 };
  } catch (error) {
    const code = (error as { code?: string }).code === "ERR_JWT_EXPIRED" ? "InvalidJWTToken" : "MalformedJWT";
    return { ok: false, code, message: "The token provided is not a valid JWT" };
  }
}

/** A token of the host's project. */
export async function signToken(claims: Record<string, unknown>, lifetime_s = 3_600): Promise<string> {
  return await new SignJWT({ role: "authenticated", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(Math.floor(Date.now() / 1_000) + lifetime_s)
    .sign(SIGNING_SECRET);
}

/** A frame as received: text parsed as JSON, binary as bytes. */
export type Received = { json: unknown } | { bytes: Uint8Array };

/** A WebSocket that records what it gets. */
export class RawClient implements Disposable {
  readonly socket: WebSocket;
  readonly received: Received[] = [];
  /** Set once the socket has closed. */
  closed: { code: number; reason: string } | null = null;
  #wake: () => void = () => {};

  private constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      this.received.push(typeof data === "string" ? { json: JSON.parse(data) } : { bytes: new Uint8Array(data) });
      this.#wake();
    };
    this.socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    };
  }

  /** Opens a socket of protocol version `vsn`. */
  static async open(host: { url: string }, vsn: "1.0.0" | "2.0.0" = "2.0.0", apikey = ANON_KEY): Promise<RawClient> {
    const address = host.url.replace("http", "ws");
    const client = new RawClient(`${address}/realtime/v1/websocket?apikey=${apikey}&vsn=${vsn}`);
    await new Promise<void>((resolve, reject) => {
      client.socket.onopen = () => resolve();
      client.socket.onerror = () => reject(new Error("The socket did not open"));
    });
    client.socket.onerror = null;
    return client;
  }

  send(message: unknown): void {
    const { socket } = this;
    if (message instanceof Uint8Array) socket.send(message.slice());
    else socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Waits until `find` returns something other than undefined of the frames so far. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadline = Date.now() + WAIT_MS_MAX;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(`Waited in vain for ${what}: got ${JSON.stringify(this.received.slice(-5)).slice(0, 600)}`);
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  /** Waits for, and takes, the next text frame that contains `part` (compared as JSON text). */
  async text(part: string): Promise<unknown> {
    return await this.until(part, () => {
      const index = this.received.findIndex((frame) => "json" in frame && JSON.stringify(frame.json).includes(part));
      if (index < 0) return undefined;
      const [frame] = this.received.splice(index, 1);
      return (frame as { json: unknown }).json;
    });
  }

  /** Waits for, and takes, the next binary frame. */
  async binary(): Promise<Uint8Array> {
    return await this.until("a binary frame", () => {
      const index = this.received.findIndex((frame) => "bytes" in frame);
      if (index < 0) return undefined;
      const [frame] = this.received.splice(index, 1);
      return (frame as { bytes: Uint8Array }).bytes;
    });
  }

  /** Waits for the socket to close. */
  async ended(): Promise<{ code: number; reason: string }> {
    return await this.until("the end", () => this.closed ?? undefined);
  }

  /** A heartbeat and its answer: all that was sent before has been handled. */
  async settle(): Promise<void> {
    const ref = `settle-${crypto.randomUUID()}`;
    this.send(
      this.socket.url.includes("vsn=2")
        ? [null, ref, "phoenix", "heartbeat", {}]
        : { topic: "phoenix", event: "heartbeat", payload: {}, ref },
    );
    await this.text(ref);
  }

  /** Joins over version 2 and returns the reply's payload. */
  async join(topic: string, config: unknown = {}, token?: string, ref = "1"): Promise<JoinReply> {
    this.send([ref, ref, `realtime:${topic}`, "phx_join", { config, access_token: token }]);
    const reply = await this.text(`["${ref}","${ref}",${JSON.stringify(`realtime:${topic}`)},"phx_reply"`);
    return (reply as [string, string, string, string, JoinReply])[4];
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

/** Payload of a join's `phx_reply`. */
export interface JoinReply {
  status: string;
  response: { reason?: string; postgres_changes?: unknown[] };
}

/** Waits for a condition, checking it every few milliseconds; fails after twenty seconds. */
export async function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Policies of the tests' own: topics `test:*` are for who stands in public.realtime_members, to read
 * (and with `writes` to write) broadcasts and presence.
 */
export const MEMBERS_SQL = `
  create table public.realtime_members (topic text, user_id uuid, writes boolean, primary key (topic, user_id));
  create function private.is_realtime_member(p_writes boolean) returns boolean
  language sql stable security definer set search_path = ''
  as $$
    select exists (select 1 from public.realtime_members m
      where m.topic = (select realtime.topic()) and m.user_id = (select auth.uid()) and (m.writes or not p_writes))
  $$;
  grant execute on function private.is_realtime_member(boolean) to anon, authenticated;
  create policy "Members read" on realtime.messages for select to authenticated
    using (realtime.topic() like 'test:%' and private.is_realtime_member(false));
  create policy "Members write" on realtime.messages for insert to authenticated
    with check (realtime.topic() like 'test:%' and private.is_realtime_member(true));`;
