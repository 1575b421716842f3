import type { Logger } from "../../lib/kernel/log.ts";
import { bookStepMs } from "./book.ts";
import { createClock, persistOrigin, type SimulatedClock, SPEED_MAX, SPEED_MIN } from "./clock.ts";
import { streamNames, STREAMS_MAX } from "./connection.ts";
import { Faults, faultSchema } from "./faults.ts";
import { KrakenHub } from "./kraken/hub.ts";
import { KrakenRest } from "./kraken/rest.ts";
import { PriceModel } from "./price.ts";
import { RestApi } from "./rest.ts";
import { PUMP_MS, StreamHub } from "./stream.ts";
import { SYMBOLS } from "./symbols.ts";
import { parseCandles, type RealCandles } from "./tiles.ts";

/** Largest seed. */
export const SEED_MAX = 4_294_967_295;
/** File in the data folder that keeps the simulated clock. */
export const CLOCK_FILE = "simulator.json";

const CANDLES_FILE = new URL("./data/btc-usd-perp-1m-2022-01.csv.gz", import.meta.url);
/** About 1 ms of work: a pair's past is folded in the first seconds, all pairs' in about a minute, at 2 % of a core. */
const WARM_DAYS_PER_PUMP = 16;
/** Where Kraken's protocol is spoken: its own paths follow. */
const KRAKEN_PATH = "/kraken";
const FAULT_BYTES_MAX = 4_096;
const STREAMS_QUERY_BYTES_MAX = 64 * 1024;
/** Deno pings at half of this, so every 20 s as Binance does, and gives up on a socket that stays mute for all of it. */
const IDLE_TIMEOUT_S = 40;
/** How long stopping waits for sockets to say goodbye, then for answers under way. Together under a second. */
const STOP_MS = 400;

/** How to start a simulator. */
export interface SimulatorOptions {
  /** 0 takes any free port. */
  port: number;
  /** Simulated seconds a wall second: {@link SPEED_MIN} to {@link SPEED_MAX}. */
  speed: number;
  seed: number;
  /** Folder of the clock's file; made when missing. */
  dataDir: string;
  logger: Logger;
  /** The wall's Unix ms. */
  nowMs: () => number;
  hostname?: string;
}

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:<port>`; sockets are at the same address with `ws`. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts the exchange in this process.
 * @throws RangeError for an option out of range; Deno.errors.AddrInUse for a taken port; Error for a damaged clock.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { speed, seed, dataDir, logger, nowMs } = options;
  if (!(speed >= SPEED_MIN && speed <= SPEED_MAX)) {
    throw new RangeError(`Cannot start the simulator at speed ${speed}: it must be ${SPEED_MIN} to ${SPEED_MAX}`);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX) {
    throw new RangeError(`Cannot start the simulator with seed ${seed}: it must be an integer from 0 to ${SEED_MAX}`);
  }
  const candles = await loadCandles();
  await Deno.mkdir(dataDir, { recursive: true });
  const doors = new Doors(candles, seed, speed, nowMs);
  // The port comes first: of two simulators on one folder, the one that loses it must not touch the clock.
  const hostname = options.hostname ?? "127.0.0.1";
  const abort = new AbortController();
  const server = Deno.serve({
    port: options.port,
    hostname,
    signal: abort.signal,
    onListen: () => {},
    onError: (error) => {
      logger.error("A request failed", { error });
      return Response.json({ code: -1000, msg: "An unknown error occurred while processing the request." }, {
        status: 500,
      });
    },
  }, (request) => doors.answer(request));
  try {
    const origin = await persistOrigin(`${dataDir}/${CLOCK_FILE}`, nowMs(), speed, seed);
    doors.open(createClock(origin, nowMs));
  } catch (error) {
    abort.abort();
    await server.finished;
    throw error;
  }
  const timer = setInterval(() => doors.pump(), PUMP_MS);
  const url = `http://${hostname}:${server.addr.port}`;
  logger.info("The simulator is open", { url, speed, seed, symbols: SYMBOLS.length });
  return {
    url,
    async stop() {
      clearInterval(timer);
      await doors.close();
      const late = setTimeout(() => abort.abort(), STOP_MS);
      await server.shutdown();
      clearTimeout(late);
    },
  };
}

/** Loads the file of real candles this folder carries. */
export async function loadCandles(): Promise<RealCandles> {
  const packed = await Deno.readFile(CANDLES_FILE);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return parseCandles(await new Response(stream).text());
}

interface Open {
  clock: SimulatedClock;
  rest: RestApi;
  hub: StreamHub;
  krakenRest: KrakenRest;
  krakenHub: KrakenHub;
}

/** Where requests come in. Until the clock is open every one is told to come back. */
class Doors {
  readonly #model: PriceModel;
  readonly #faults: Faults;
  readonly #speed: number;
  readonly #nowMs: () => number;
  #open: Open | undefined;

  constructor(candles: RealCandles, seed: number, speed: number, nowMs: () => number) {
    this.#model = new PriceModel(seed, candles);
    this.#faults = new Faults(nowMs);
    this.#speed = speed;
    this.#nowMs = nowMs;
  }

  open(clock: SimulatedClock): void {
    const now = () => clock.now();
    const bookStep_ms = bookStepMs(this.#speed);
    const context = { model: this.#model, faults: this.#faults, now, nowMs: this.#nowMs, bookStep_ms };
    this.#open = {
      clock,
      rest: new RestApi(context),
      hub: new StreamHub(context),
      krakenRest: new KrakenRest(context),
      krakenHub: new KrakenHub(context),
    };
  }

  pump(): void {
    if (!this.#open) return;
    this.#open.hub.pump();
    this.#open.krakenHub.pump();
    this.#model.warm(this.#open.clock.now(), WARM_DAYS_PER_PUMP);
  }

  async close(): Promise<void> {
    const hubs = this.#open ? [this.#open.hub, this.#open.krakenHub] : [];
    for (const hub of hubs) hub.disconnectAll("The exchange is closing");
    await Promise.all(hubs.map((hub) => hub.settled(STOP_MS)));
  }

  async answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const open = this.#open;
    if (!open) return refusal(503, -1016, "The simulator is starting.");
    if (pathname.startsWith("/api/")) return open.rest.respond(request.method, pathname, searchParams);
    if (pathname === "/stream" || pathname === "/ws" || pathname.startsWith("/ws/")) {
      return upgrade(request, pathname, searchParams, open.hub);
    }
    if (pathname.startsWith(`${KRAKEN_PATH}/`)) return answerKraken(request, pathname, searchParams, open);
    if (pathname === "/healthz" && isReading(request)) return Response.json({ status: "ok" });
    if (pathname === "/sim/stats" && isReading(request)) return Response.json(this.#stats(open));
    if (pathname === "/sim/faults" && request.method === "POST") return await this.#fault(request, open);
    return refusal(404, -1000, "Path is not offered.");
  }

  #stats({ clock, rest, hub, krakenRest, krakenHub }: Open): unknown {
    const byPath = Object.fromEntries([...rest.calls].sort(([a], [b]) => a < b ? -1 : 1));
    const sim_ms = clock.now();
    return {
      ...hub.stats(),
      rest_calls: [...rest.calls.values()].reduce((sum, calls) => sum + calls, 0),
      rest_calls_by_path: byPath,
      kraken: { ...krakenHub.stats(), rest_calls_by_path: Object.fromEntries(krakenRest.calls) },
      sim_time: new Date(sim_ms).toISOString(),
      sim_ms,
      speed: clock.origin.speed,
      seed: clock.origin.seed,
      faults: this.#faults.describe(),
    };
  }

  async #fault(request: Request, { hub, krakenHub }: Open): Promise<Response> {
    // Browsers name the page that asks: no page of anywhere may break the market that this machine watches.
    if (request.headers.has("origin") || request.headers.has("sec-fetch-site")) {
      return refusal(403, -2015, "Faults are not for pages.");
    }
    const text = await readText(request, FAULT_BYTES_MAX);
    if (text === undefined) return refusal(413, -1000, `The body is larger than ${FAULT_BYTES_MAX} bytes.`);
    const parsed = faultSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      const msg = "Not a fault: send {kind:'disconnect'|'clear'}, {kind:'stall',duration_ms}, " +
        "{kind:'gap',symbol?,duration_ms}, {kind:'429',count}, {kind:'429',duration_ms}, " +
        "{kind:'frame',text,length?} or {kind:'delist',symbol}.";
      return refusal(400, -1130, msg);
    }
    let fault = parsed.data;
    if ((fault.kind === "gap" || fault.kind === "delist") && fault.symbol !== undefined) {
      const id = fault.symbol.replace(/[-/]/, "").toUpperCase();
      if (!SYMBOLS.some((spec) => spec.id === id)) return refusal(400, -1121, "Invalid symbol.");
      fault = { ...fault, symbol: id };
    }
    this.#faults.inject(fault);
    for (const told of [hub, krakenHub]) {
      if (fault.kind === "disconnect") told.disconnectAll("Fault: disconnect");
      if (fault.kind === "frame") told.sendAll(fault.text.padEnd(fault.length ?? 0));
    }
    return Response.json({ ok: true, faults: this.#faults.describe() });
  }
}

function upgrade(request: Request, pathname: string, query: URLSearchParams, hub: StreamHub): Response {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return refusal(426, -1000, "A WebSocket handshake was expected.");
  }
  if (!hub.hasRoom) return refusal(503, -1008, "Server is currently overloaded with other requests.");
  const combined = pathname === "/stream";
  const named = combined ? query.get("streams") ?? "" : decode(pathname.slice("/ws".length));
  const list = named.split("/").filter((name) => name !== "");
  const names = named.length <= STREAMS_QUERY_BYTES_MAX ? streamNames(list) : undefined;
  if (!names || names.length > STREAMS_MAX) {
    return refusal(400, -1130, "Data sent for parameter 'streams' is not valid.");
  }
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
  hub.accept(socket, names, combined);
  return response;
}

function answerKraken(
  request: Request,
  pathname: string,
  query: URLSearchParams,
  { krakenRest, krakenHub }: Open,
): Response {
  const path = pathname.slice(KRAKEN_PATH.length);
  const name = /^\/0\/public\/(\w+)$/.exec(path)?.[1];
  if (name !== undefined) return krakenRest.respond(request.method, name, query);
  if (path !== "/v2") return Response.json({ error: ["EGeneral:Unknown method"] }, { status: 404 });
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return Response.json({ error: ["EGeneral:Upgrade required"] }, { status: 426 });
  }
  if (!krakenHub.hasRoom) return Response.json({ error: ["EService:Busy"] }, { status: 503 });
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_TIMEOUT_S });
  krakenHub.accept(socket);
  return response;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "%";
  }
}

function isReading(request: Request): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

function refusal(status: number, code: number, msg: string): Response {
  return Response.json({ code, msg }, { status });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads a body up to `max` bytes; undefined past that. */
async function readText(request: Request, max: number): Promise<string | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > max) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}
