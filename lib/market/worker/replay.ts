import type { Logger } from "../../kernel/log.ts";
import { seeded } from "../../kernel/seeded.ts";
import { candleLine } from "./candle_table.ts";
import type { FeedTotals } from "./feed_recorder.ts";
import { WATCHES_INTERVAL_MS } from "./feed_session.ts";
import { type CandleRow, FeedStore } from "./feed_store.ts";
import { MemoryDatabase } from "./memory_database.ts";
import { openOfflineSession } from "./offline_session.ts";
import { RecordingError } from "./recording_block.ts";
import { openRecording, readRecording } from "./recording_reader.ts";
import { indexRecording, type ReplayIndex } from "./replay_index.ts";
import { ReplayVenue } from "./replay_venue.ts";
import type { VenueMarket } from "./venue.ts";
import { VirtualTime } from "./virtual_time.ts";

/** Seed of all chance in a replay. */
const SEED = 1;

/** Replayed time a session may take to store what it has when the recording ends. */
const CLOSING_MS_MAX = 60_000;

/** How much sooner than the recorded feed a replayed one learns what to stream: it looks as often as that one did. */
const AHEAD_MS = WATCHES_INTERVAL_MS + 1_000;

/** Differences told one by one. */
const DIFFERENCES_TOLD_MAX = 20;

/** How often progress is told, in real ms. */
const PROGRESS_MS = 1_000;

/** What a replay needs. */
export interface ReplayOptions {
  /** A part of a recording: it and those that follow it are replayed. */
  path: string;
  /** Recorded seconds a second; infinite for as fast as it goes. */
  speed: number;
  logger: Logger;
  /** A real monotonic clock in ms, for the pace and for progress. */
  nowMs: () => number;
  /** Told now and then how far it is, from 0 to 1. */
  onProgress?: (done: number) => void;
}

/** What a replay made. */
export interface ReplayResult {
  exchange: string;
  recording: string;
  /** Closed candles in canonical order, as {@link candleLine} writes them, each ended by a line feed. */
  text: string;
  rows: CandleRow[];
  /** Markets of those candles. */
  markets: VenueMarket[];
  /** SHA-256 of `text` in UTF-8, hexadecimal. */
  sha256: string;
  /** How the live feed's own candles compare. */
  live: LiveComparison;
  frames: number;
  span_ms: number;
  badFrames: Record<string, number>;
  totals: FeedTotals;
  /** Questions about history that were answered as recorded, and those answered from all the recording knows. */
  answers: { recorded: number; made: number };
  /** What the recording lacks, in words; empty for one without fault. */
  faults: string[];
}

/** How what was replayed compares with what the live feed stored while it was recorded. */
export interface LiveComparison {
  /** The live feed's candles. */
  stored: number;
  equal: number;
  differing: number;
  /** Equal but for their indicators. */
  indicators: number;
  /** Stored by the live feed, not made by the replay. */
  missing: number;
  /** Made by the replay, not stored by the live feed: it was ended before it could. */
  beyond: number;
  /** Some of those that differ or are missing: the live feed's line and the replay's. */
  examples: { live: string; replayed: string | null }[];
}

/**
 * Drives a feed's session with a recording, in a time of its own: nothing outside the file has a say, so the result is
 * the same at any speed. Nothing else of the process may wait for a timer meanwhile. Throws {@link RecordingError} for a
 * file that cannot be replayed.
 */
export async function replayRecording(options: ReplayOptions): Promise<ReplayResult> {
  const recording = await openRecording(options.path);
  const index = await indexRecording(recording);
  if (index.markets.length === 0) {
    throw new RecordingError(`Cannot replay "${options.path}": it ends before the list of markets`);
  }
  await using time = new VirtualTime(index.firstMs);
  const nowMs = () => time.now_ms;
  const venue = new ReplayVenue({ index, nowMs });
  const database = new MemoryDatabase({
    watches: () => watchesAt(index, nowMs()),
    stored: (symbol) => index.stored.get(symbol),
  });
  const { session, totals, quarantine } = openOfflineSession({
    venue,
    store: new FeedStore(database, index.header.exchange),
    logger: options.logger,
    nowMs,
    wallMs: () => index.header.started_ms + time.now_ms,
    random: seeded(SEED),
  });
  const stop = new AbortController();
  let ended = false;
  const running = session.run(stop.signal).finally(() => ended = true);
  // It is looked at when all is over: until then a failure must not count as nobody's.
  running.catch(() => {});
  await time.settle();
  const pace = new Pace(options, index, time);
  let position = 0;
  for await (const record of readRecording(recording)) {
    await time.advance(record[1]);
    await pace.keep(position);
    venue.play(record, position++);
    await time.settle();
    if (ended) break;
  }
  venue.end();
  await time.settle();
  stop.abort();
  const until = time.now_ms + CLOSING_MS_MAX;
  await time.settle();
  while (!ended && time.now_ms < until) await time.advance(time.now_ms + 10);
  if (!ended) throw new Error("Cannot end the replay: the session did not stop");
  await running;
  const rows = [...database.candles.rows()];
  const symbols = new Set(rows.map(({ symbol }) => symbol));
  const text = rows.map((row) => `${candleLine(row)}\n`).join("");
  return {
    exchange: index.header.exchange,
    recording: index.header.recording,
    text,
    rows,
    markets: index.markets.filter(({ symbol }) => symbols.has(symbol)),
    sha256: await sha256(text),
    live: compare(index, database, rows.length),
    frames: index.frames,
    span_ms: index.lastMs - index.firstMs,
    badFrames: Object.fromEntries([...quarantine.counts].sort(([a], [b]) => a < b ? -1 : 1)),
    totals,
    answers: venue.answers,
    faults: faultsOf(index),
  };
}

/** Holds a replay back to its speed, and tells of its progress; only ever while nothing is under way. */
class Pace {
  readonly #options: ReplayOptions;
  readonly #index: ReplayIndex;
  readonly #time: VirtualTime;
  readonly #startedMs: number;
  #toldMs: number;

  constructor(options: ReplayOptions, index: ReplayIndex, time: VirtualTime) {
    this.#options = options;
    this.#index = index;
    this.#time = time;
    this.#startedMs = this.#toldMs = options.nowMs();
  }

  async keep(position: number): Promise<void> {
    const { speed, nowMs, onProgress } = this.#options;
    if (nowMs() - this.#toldMs >= PROGRESS_MS) {
      this.#toldMs = nowMs();
      onProgress?.(position / this.#index.records);
    }
    if (speed === Number.POSITIVE_INFINITY) return;
    const due_ms = this.#startedMs + (this.#time.now_ms - this.#index.firstMs) / speed;
    const wait_ms = due_ms - nowMs();
    if (wait_ms >= 1) await this.#time.wait(wait_ms);
  }
}

/** Topics that make a feed stream what the recorded one streamed at a time or shortly after. */
function watchesAt({ header, streams }: ReplayIndex, at_ms: number): string[] {
  const symbols = new Set<string>();
  streams.forEach(({ at_ms: from_ms, candles }, i) => {
    const to_ms = streams[i + 1]?.at_ms ?? Number.POSITIVE_INFINITY;
    if (from_ms <= at_ms + AHEAD_MS && to_ms > at_ms) { for (const symbol of candles) symbols.add(symbol); }
  });
  // The longest width costs the least of those that count as looked at.
  return [...symbols].map((symbol) => `market:${header.exchange}:${symbol}:1d`);
}

function compare(index: ReplayIndex, database: MemoryDatabase, made: number): LiveComparison {
  const live: LiveComparison = {
    stored: 0,
    equal: 0,
    differing: 0,
    indicators: 0,
    missing: 0,
    beyond: 0,
    examples: [],
  };
  for (const row of index.candles.rows()) {
    live.stored++;
    const line = candleLine(row);
    const replayed = database.candles.line(row);
    if (replayed === line) {
      live.equal++;
      continue;
    }
    if (replayed === undefined) live.missing++;
    else if (withoutIndicators(replayed) === withoutIndicators(line)) live.indicators++;
    else live.differing++;
    if (live.examples.length < DIFFERENCES_TOLD_MAX) live.examples.push({ live: line, replayed: replayed ?? null });
  }
  live.beyond = made - live.equal - live.differing - live.indicators;
  return live;
}

function withoutIndicators(line: string): string {
  return line.replace(/,"ind":.*/, "");
}

function faultsOf({ ends, lost, header }: ReplayIndex): string[] {
  const faults = ends.cuts.map(({ path, bytes }) => `"${path}" is cut off: it was read up to byte ${bytes}`);
  if (ends.cuts.length === 0 && !ends.ended) faults.push("the recording was not ended in order");
  if (lost > 0) faults.push(`${lost} records were lost while recording`);
  if (header.part > 1) faults.push(`it begins with part ${header.part}: indicators begin with what was stored then`);
  return faults;
}

/** SHA-256 of a text in UTF-8, hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
