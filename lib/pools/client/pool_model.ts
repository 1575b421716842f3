import { effect, signal } from "@preact/signals";
import { pageConnection } from "../../realtime/client/connection.ts";
import { fetchJson } from "../../realtime/client/fetch_json.ts";
import {
  addPoints,
  applyDetail,
  applyNav,
  CHART_POINTS,
  latestPoint,
  parseNav,
  phaseOf,
  type PoolState,
  toPoints,
} from "../live_pool.ts";
import type { Performance, PoolDetail } from "../pool_shapes.ts";
import { type ChartRange, rangeStart } from "../value_chart.ts";

/** The clock, and with it the countdown, moves this often. */
const TICK_ms = 1_000;

/** How often a pool is read anew: while it is not live, and in case a broadcast was lost. */
const RETRY_ms = 30_000;
const REFRESH_ms = 300_000;

/** Readings after one broadcast to all are spread over this long, so that they do not come at once. */
const SPREAD_ms = 3_000;

/** A pool's page, kept up to date by broadcasts and, where those were missed, over REST. */
export class PoolModel {
  readonly state;
  readonly #path: string;
  readonly #topic: string;
  readonly #onSettled: () => void;
  /** The server's clock less ours. */
  readonly #offset_ms: number;
  #readMs = 0;
  #isReading = false;
  #spread: ReturnType<typeof setTimeout> | undefined;

  /** @param onSettled called when terms or the cycle changed: what the server rendered beside is old then. */
  constructor(state: PoolState, onSettled: () => void) {
    this.state = signal<PoolState>(state);
    this.#path = `/api/v1/pools/${state.detail.pool.id}`;
    this.#topic = `pool:${state.detail.pool.id}`;
    this.#onSettled = onSettled;
    const [page] = performance.getEntriesByType("navigation");
    const sentMs = page instanceof PerformanceNavigationTiming
      ? performance.timeOrigin + page.responseStart
      : Date.now();
    this.#offset_ms = state.nowMs - sentMs;
  }

  /** Goes live; returns a function that ends everything. */
  start(): () => void {
    const connection = pageConnection();
    const stops = [
      connection.subscribe(this.#topic, "nav", {
        onPayload: (payload) => {
          const nav = parseNav(payload);
          if (nav !== null) this.#set(applyNav(this.state.peek(), nav));
        },
        onJoined: () => void this.#read(),
      }),
      connection.subscribe(this.#topic, "state", {
        onPayload: () => this.#readSoon(),
        onJoined: () => {},
      }),
      effect(() => {
        connection.phase.value;
        this.#set(this.state.peek());
      }),
    ];
    const timer = setInterval(() => this.#tick(), TICK_ms);
    const onVisible = () => this.#tick();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      clearTimeout(this.#spread);
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisible);
      for (const stop of stops) stop();
    };
  }

  /** Shows another stretch of time, as fine as its pixels; what cannot be read leaves the chart as it is. */
  async show(range: ChartRange): Promise<void> {
    const from = rangeStart(range, this.#nowMs());
    const query = { points: String(CHART_POINTS), ...from === null ? {} : { from: new Date(from).toISOString() } };
    const read = await this.#performance(query).catch(() => null);
    if (read === null) return;
    const settlements = read.settlements.map(({ at }) => Date.parse(at));
    const state = this.state.peek();
    // What was heard since may not be stored yet.
    this.#set({ ...state, range, settlements, points: addPoints(toPoints(read), latestPoint(state)) });
  }

  #tick(): void {
    if (document.visibilityState !== "visible") return;
    const { detail: { cycle }, nowMs } = this.state.peek();
    this.#set(this.state.peek());
    const isPassed = (at: string | null | undefined) =>
      Date.parse(at ?? "") > nowMs && Date.parse(at ?? "") <= this.state.peek().nowMs;
    // Orders are locked from here on, or the cycle has ended: the page beside has to say so.
    if (isPassed(cycle?.cutoff_at) || isPassed(cycle?.ends_at)) this.#readSoon();
    const wait_ms = this.state.peek().phase === "live" ? REFRESH_ms : RETRY_ms;
    if (Date.now() - this.#readMs > wait_ms) void this.#read();
  }

  /** What all who look learn at once, they do not all read at once. */
  #readSoon(): void {
    clearTimeout(this.#spread);
    this.#spread = setTimeout(() => void this.#read().then(this.#onSettled), Math.random() * SPREAD_ms);
  }

  /** Reads the pool, and the points that came after the last one shown. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#readMs = Date.now();
    const { points } = this.state.peek();
    const last = points[points.length - 1];
    try {
      const [detail, missed] = await Promise.all([
        fetchJson(this.#path) as Promise<PoolDetail>,
        this.#performance({
          points: String(CHART_POINTS),
          ...last === undefined ? {} : { after: new Date(last.t).toISOString() },
        }),
      ]);
      const state = applyDetail(this.state.peek(), detail);
      const settlements = [...new Set([...state.settlements, ...missed.settlements.map(({ at }) => Date.parse(at))])];
      this.#set({ ...state, settlements, points: addPoints(state.points, toPoints(missed)) });
    } catch {
      // Read again in half a minute; till then the page says how old it is.
    } finally {
      this.#isReading = false;
    }
  }

  async #performance(query: Record<string, string>): Promise<Performance> {
    return await fetchJson(`${this.#path}/performance?${new URLSearchParams(query)}`) as Performance;
  }

  #set(state: PoolState): void {
    const next = { ...state, nowMs: this.#nowMs() };
    this.state.value = { ...next, phase: phaseOf(next, pageConnection().phase.peek()) };
  }

  #nowMs(): number {
    return Date.now() + this.#offset_ms;
  }
}
