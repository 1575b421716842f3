import { fileURLToPath } from "node:url";
import type postgres from "postgres";
import { AdapterSigner, SIGNATURE_HEADERS } from "./adapter_signing.ts";

/** A secret that a module and the worker share in tests. */
export const TEST_SECRET = "a secret of the tests, long enough for anybody";

/** What a module does wrong; null for nothing. */
export type Fault =
  | "hang"
  | "hang_in_body"
  | "error_500"
  | "refuse"
  | "forget"
  | "redirect"
  | "not_json"
  | "infinity"
  | "huge"
  | "huge_and_told"
  | "unsigned"
  | "wrong_secret"
  | "other_body"
  | "other_status"
  | "other_path"
  | "replay"
  | "old_signature"
  | null;

/** A request as a module got it. */
export interface SeenRequest {
  method: string;
  path: string;
  key: string | null;
  headers: Headers;
  body: string;
}

/** A module in this process, which answers whatever a test wants. */
export interface FixtureModule extends AsyncDisposable {
  url: URL;
  seen: SeenRequest[];
  /** Whether each request's signature was good. */
  signatures: boolean[];
  fault: Fault;
  /** Members of answers to GET that differ from honest ones. */
  changes: Record<string, unknown>;
  /** What it is connected to, from the last POST /connect. */
  connected: { pool_id: string; cycle_no: number; capital: string; currency: string; trading: boolean } | null;
  /** Profit it tells of. */
  pnl: string;
  /** Answers that failed in a row before it is well again; 0 for ever. */
  faultsLeft: number;
}

/** Starts a module on a free port of this machine. */
export function startFixtureModule(secret = TEST_SECRET): FixtureModule {
  const signer = new AdapterSigner(secret);
  const over = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const path = `${pathname}${search}`;
    const body = await request.text();
    const header = (name: keyof typeof SIGNATURE_HEADERS) => request.headers.get(SIGNATURE_HEADERS[name]) ?? "";
    const { method, headers } = request;
    module.seen.push({ method, path, key: headers.get("idempotency-key"), headers, body });
    const timestamp = header("timestamp");
    const signed = { method, path, timestamp, nonce: header("nonce"), body: new TextEncoder().encode(body) };
    module.signatures.push(await signer.verify(signed, header("signature")));
    const { fault } = module;
    if (module.faultsLeft > 0 && --module.faultsLeft === 0) module.fault = null;
    if (fault === "hang") await untilAborted(over.signal);
    if (fault === "error_500") return new Response("down", { status: 500 });
    if (fault === "redirect") return Response.redirect("http://127.0.0.1:1/", 302);
    const status = fault === "refuse" || fault === "forget" ? 409 : 200;
    const answer = bytesOf(fault, answerOf(module, method, pathname, body));
    const response = await signedResponse(signer, fault, path, header("nonce"), status, answer);
    if (fault === "hang_in_body") return hanging(response, over.signal);
    return response;
  });
  const module: FixtureModule = {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    seen: [],
    signatures: [],
    fault: null,
    changes: {},
    connected: null,
    pnl: "0",
    faultsLeft: 0,
    async [Symbol.asyncDispose]() {
      over.abort();
      await server.shutdown();
    },
  };
  return module;
}

function answerOf(module: FixtureModule, method: string, pathname: string, body: string): unknown {
  if (module.fault === "refuse") return { code: "no_such_thing" };
  if (module.fault === "forget") return { code: "not_connected" };
  if (method === "POST") {
    const posted = JSON.parse(body);
    if (pathname === "/connect") module.connected = posted;
    return { pool_id: posted.pool_id, cycle_no: posted.cycle_no, state: "trading", ...module.changes };
  }
  const { pool_id, cycle_no, capital = "0", currency } = module.connected ?? {};
  const cents = (text: string) => Math.round(Number(text) * 100);
  const equity = ((cents(capital) + cents(module.pnl)) / 100).toFixed(2);
  const as_of = new Date().toISOString();
  const money = { capital, equity, pnl: module.pnl, currency };
  const held = { exposure: "0", positions: [] };
  return {
    pool_id,
    cycle_no,
    as_of,
    ...(pathname === "/positions" ? { positions: [] } : money),
    ...(pathname === "/metrics" ? held : {}),
    ...module.changes,
  };
}

function bytesOf(fault: Fault, answer: unknown): Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(answer);
  const text = fault === "not_json"
    ? json.replace(/"equity":"[^"]*"/, '"equity":NaN')
    : fault === "infinity"
    ? json.replace(/"equity":"[^"]*"/, '"equity":1e309')
    : fault === "huge" || fault === "huge_and_told"
    ? json.replace("{", `{"padding":"${"x".repeat(10 * 1024 * 1024)}",`)
    : json;
  return new TextEncoder().encode(text);
}

async function signedResponse(
  signer: AdapterSigner,
  fault: Fault,
  path: string,
  nonce: string,
  status: number,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const age_s = fault === "old_signature" ? 301 : 0;
  const timestamp = String(Math.floor(Date.now() / 1_000) - age_s);
  // As it was answered to somebody else's question, or to ours of yesterday.
  const answered = fault === "replay" ? "0".repeat(32) : nonce;
  const signing = fault === "wrong_secret" ? new AdapterSigner("another secret, which is as long as ours") : signer;
  const signature = await signing.sign({
    method: String(fault === "other_status" ? 409 : status),
    path: fault === "other_path" ? "/pnl?pool_id=other" : path,
    timestamp,
    nonce: answered,
    body: fault === "other_body" ? new TextEncoder().encode("{}") : body,
  });
  const headers = new Headers({ "content-type": "application/json" });
  if (fault !== "unsigned") {
    headers.set(SIGNATURE_HEADERS.timestamp, timestamp);
    headers.set(SIGNATURE_HEADERS.nonce, answered);
    headers.set(SIGNATURE_HEADERS.signature, signature);
  }
  // A stream has no length to be told ahead.
  const sent = fault === "huge" ? new Response(body).body : body;
  return new Response(sent, { status, headers });
}

/** Headers and a first byte, and then nothing. */
function hanging({ status, headers }: Response, signal: AbortSignal): Response {
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode("{"));
      await untilAborted(signal);
      controller.close();
    },
  });
  return new Response(body, { status, headers });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A market whose feed reports every moment, as far as the database can tell. */
export class Market implements AsyncDisposable {
  readonly #sql: postgres.Sql;
  readonly #exchange: string;
  readonly #over = new AbortController();
  readonly #beating: Promise<void>;
  /** Whether its feed reports. */
  live = true;
  price = "100";

  constructor(sql: postgres.Sql, exchange = "sim") {
    this.#sql = sql;
    this.#exchange = exchange;
    this.#beating = this.#beat();
  }

  async #beat(): Promise<void> {
    const [sql, exchange] = [this.#sql, this.#exchange];
    await sql`insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size,
        min_notional) values (${exchange}, 'BTC-USDT', 'BTCUSDT', 'BTC', 'USDT', 0.01, 0.00001, 10)`;
    while (!this.#over.signal.aborted) {
      if (this.live) {
        await sql`insert into public.feed_status (exchange, state, sockets, streams, reconnects, gaps_found, gaps_filled, last_event_at)
          values (${exchange}, 'live', 1, 1, 0, 0, 0, now())
          on conflict (exchange) do update set last_event_at = now(), updated_at = now()`;
        await sql`insert into public.tickers (exchange, symbol, last, at, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h)
          values (${exchange}, 'BTC-USDT', ${this.price}, now(), 1, 1, 1, 1, 1)
          on conflict (exchange, symbol) do update set last = excluded.last, at = now()`;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#beating;
  }
}

/**
 * Whether tests of the Python module are left out: where there is no Python, unless everything has to be tested, as CI
 * says with the variable that it asks for a browser with.
 */
export function lacksPython(): boolean {
  if (Deno.env.get("REQUIRE_BROWSER") === "1") return false;
  try {
    return !new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** The Python module of `examples/`, in a process of its own. */
export interface PythonModule extends AsyncDisposable {
  url: URL;
  kill(signal: Deno.Signal): Promise<void>;
}

/** Starts it on a free port; resolves when it listens. @param env what differs from its defaults. */
export async function startPythonModule(env: Record<string, string>): Promise<PythonModule> {
  const folder = fileURLToPath(new URL("../../../examples/python-module/", import.meta.url));
  const child = new Deno.Command("python3", {
    args: ["-B", "module.py"],
    cwd: folder,
    env: { OUTCRY_SECRET: TEST_SECRET, PORT: "0", ...env },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The Python module ended at once");
    said += value;
  }
  const port = said.match(/port (\d+)/)?.[1];
  let ended: Promise<void> | null = null;
  const kill = (signal: Deno.Signal) =>
    ended ??= (async () => {
      child.kill(signal);
      await child.status;
      await reader.cancel();
    })();
  return { url: new URL(`http://127.0.0.1:${port}`), kill, [Symbol.asyncDispose]: () => kill("SIGKILL") };
}
