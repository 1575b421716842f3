import type { Ohlcv } from "../fold.ts";
import type { RecordingRecord } from "../recording.ts";
import { TIMEFRAME_MS } from "../timeframe.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import { BinanceReader } from "./binance_reader.ts";
import { questionKey, type RecordedAnswer, type ReplayIndex, seriesKey } from "./replay_index.ts";
import {
  type HistoryRequest,
  type StreamSet,
  type Venue,
  type VenueBook,
  type VenueCounts,
  VenueError,
  type VenueListener,
  type VenueMarket,
  type VenueTick,
  type VenueTicker,
  type VenueTrade,
} from "./venue.ts";

/**
 * How far apart in time a question may be from the recorded one whose answer it is given: an older answer would tell of
 * the past, and a feed cannot wait long for one to come.
 */
const ANSWER_APART_MS_MAX = 10_000;

/** What a replayed venue needs from outside. */
export interface ReplayVenueOptions {
  index: ReplayIndex;
  /** The replay's time, ms since the recording began. */
  nowMs: () => number;
}

/** An exchange whose sockets and history are a recording. Frames come when {@link play} is called. */
export class ReplayVenue implements Venue {
  readonly exchange: string;
  readonly capabilities: VenueCapabilities;
  readonly #index: ReplayIndex;
  readonly #nowMs: () => number;
  readonly #reader: BinanceReader;
  #listener: VenueListener | null = null;
  #markets: VenueMarket[];
  #volumes: ReadonlyMap<string, number>;
  readonly #held = new Map<number, unknown[]>();
  /** Questions by the number of the record that answers them. */
  readonly #waiting = new Map<number, (() => void)[]>();
  /** Questions that wait for the first frame. */
  #untilHeard: (() => void)[] = [];
  readonly #endings = new Set<() => void>();
  readonly #used = new Set<RecordedAnswer>();
  readonly #forming = new Map<string, Ohlcv>();
  readonly #closed = new Map<string, Map<number, Ohlcv>>();
  /** Symbols that the feed streams, and those told as subscribed before it did. */
  #wanted: ReadonlySet<string> = new Set();
  readonly #early = new Set<string>();
  #subscribed = 0;
  #position = -1;
  #exchangeMs = 0;
  /** The exchange's time when the live feed asked, by the record that tells of it. */
  readonly #exchangeMsAt = new Map<number, number>();
  #ended = false;
  #recordedAnswers = 0;
  #madeAnswers = 0;

  constructor({ index, nowMs }: ReplayVenueOptions) {
    this.exchange = index.header.exchange;
    this.capabilities = index.header.capabilities;
    this.#index = index;
    this.#nowMs = nowMs;
    this.#reader = new BinanceReader(this.capabilities);
    this.#markets = index.markets;
    this.#volumes = index.volumes;
  }

  /** Questions that were answered as recorded, and those that were answered from all the recording knows. */
  get answers(): { recorded: number; made: number } {
    return { recorded: this.#recordedAnswers, made: this.#madeAnswers };
  }

  markets(): Promise<VenueMarket[]> {
    return Promise.resolve(this.#markets);
  }

  quoteVolumes(): Promise<Map<string, number>> {
    return Promise.resolve(new Map(this.#volumes));
  }

  /** No candle comes of them, so a recording has none. */
  tickers(): Promise<VenueTicker[]> {
    return Promise.resolve([]);
  }

  history(request: HistoryRequest): Promise<Ohlcv[]> {
    if (this.#ended) return Promise.reject(ended());
    const answer = this.#answerTo(request);
    if (answer === null) return this.#made(request);
    this.#used.add(answer);
    this.#recordedAnswers++;
    const rows = this.#asOf(answer, request);
    return new Promise((resolve, reject) => {
      const give = () => {
        this.#endings.delete(end);
        if (answer.refusal === null) resolve(rows.map((row) => ({ ...row })));
        else reject(new VenueError(answer.refusal));
      };
      const end = () => reject(ended());
      const by = answer.answeredBy;
      if (by !== null && by <= this.#position) return give();
      this.#endings.add(end);
      if (by === null) return;
      const others = this.#waiting.get(by);
      if (others === undefined) this.#waiting.set(by, [give]);
      else others.push(give);
    });
  }

  /** First views are no part of what is replayed. */
  trades(): Promise<VenueTrade[]> {
    return Promise.resolve([]);
  }

  book(symbol: string): Promise<VenueBook> {
    return Promise.reject(new VenueError(`Cannot read the order book: that of ${symbol} is not recorded`));
  }

  start(listener: VenueListener): void {
    this.#listener = {
      ...listener,
      onTick: (tick) => {
        this.#note(tick);
        listener.onTick(tick);
      },
    };
    this.#reader.listen(this.#listener);
  }

  /** What is told is what was recorded, to a feed that may want it a little later than the recorded one did. */
  setStreams({ candles }: StreamSet): void {
    this.#wanted = new Set(candles);
    const late = [...this.#early].filter((symbol) => this.#wanted.has(symbol));
    for (const symbol of late) this.#early.delete(symbol);
    if (late.length > 0) this.#listener?.onSubscribed(late);
  }

  counts(): VenueCounts {
    return { sockets: this.#subscribed > 0 ? 1 : 0, streams: this.#subscribed };
  }

  close(): Promise<void> {
    this.#listener = null;
    this.#reader.listen(null);
    this.end();
    return Promise.resolve();
  }

  /** No more comes: questions that wait are refused. */
  end(): void {
    this.#ended = true;
    for (const end of this.#endings) end();
    this.#endings.clear();
  }

  /** Lets record number `position` happen. */
  play(record: RecordingRecord, position: number): void {
    this.#position = position;
    switch (record[0]) {
      case "frame":
        this.#take(record[3], false);
        break;
      case "held":
        this.#hold(record[2], record[3]);
        break;
      case "bytes":
        if (record[4]) this.#hold(record[2], new ArrayBuffer(record[3]));
        else this.#take(new ArrayBuffer(record[3]), false);
        break;
      case "switched": {
        const held = this.#held.get(record[2]) ?? [];
        this.#held.delete(record[2]);
        for (const data of held) this.#take(data, true);
        break;
      }
      case "lost":
        this.#held.delete(record[2]);
        this.#reader.reset();
        break;
      case "released":
        this.#held.delete(record[2]);
        break;
      case "names":
        for (const [id, symbol] of Object.entries(record[2])) this.#reader.name(id, symbol);
        break;
      case "markets":
        this.#markets = record[2];
        break;
      case "volumes":
        this.#volumes = new Map(record[2]);
        break;
      case "subscribed":
        this.#subscribed += record[2].length;
        for (const symbol of record[2]) if (!this.#wanted.has(symbol)) this.#early.add(symbol);
        this.#listener?.onSubscribed(record[2].filter((symbol) => this.#wanted.has(symbol)));
        break;
      case "state":
        if (record[2] === "reconnecting") {
          this.#subscribed = 0;
          this.#early.clear();
        }
        this.#listener?.onState(record[2], record[3] ?? undefined);
        break;
      case "replaced":
        this.#listener?.onReplaced(record[2]);
        break;
      case "tick":
        this.#listener?.onTick(record[2]);
        break;
      case "bad":
        this.#listener?.onBadFrame(record[2]);
        break;
      case "ask":
        this.#exchangeMsAt.set(position, this.#exchangeMs);
        break;
      case "answer":
      case "refusal":
        for (const give of this.#waiting.get(position) ?? []) give();
        this.#waiting.delete(position);
        break;
    }
  }

  /** What ccxt makes of frames is recorded beside them. */
  #take(data: unknown, splicing: boolean): void {
    if (this.capabilities.protocol === "binance") this.#reader.take(data, splicing);
  }

  #hold(socket: number, data: unknown): void {
    const held = this.#held.get(socket);
    if (held === undefined) this.#held.set(socket, [data]);
    else held.push(data);
  }

  #note({ symbol, candle, closed, et }: VenueTick): void {
    if (et > this.#exchangeMs) this.#exchangeMs = et;
    this.#forming.set(symbol, candle);
    if (closed) {
      const known = this.#closed.get(symbol);
      if (known === undefined) this.#closed.set(symbol, new Map([[candle.t, candle]]));
      else known.set(candle.t, candle);
    }
    const heard = this.#untilHeard;
    this.#untilHeard = [];
    for (const answer of heard) answer();
  }

  /** What the live feed was told when it asked the same, if it did so about now. */
  #answerTo(request: HistoryRequest): RecordedAnswer | null {
    const now = this.#nowMs();
    for (const answer of this.#index.answers.get(questionKey(request)) ?? []) {
      const isNear = Math.abs(answer.asked_ms - now) <= ANSWER_APART_MS_MAX;
      if (isNear && !this.#used.has(answer)) return answer;
    }
    return null;
  }

  /**
   * What of a recorded answer may be given now. To a question that was asked before this one, the exchange may have
   * answered with a candle that was forming then: whoever asks now would take it for closed.
   */
  #asOf({ askedBy, rows }: RecordedAnswer, { timeframe, fromMs, limit }: HistoryRequest): Ohlcv[] {
    const last = rows.at(-1);
    const asked = this.#exchangeMsAt.get(askedBy);
    const forTime = fromMs === undefined && limit === 1;
    if (last === undefined || asked === undefined || forTime) return rows;
    return last.t + TIMEFRAME_MS[timeframe] <= asked ? rows : rows.slice(0, -1);
  }

  /**
   * An answer made of all that the recording knows, up to the exchange's present: two runs of one feed need not ask at the
   * same instant, and then not for the same number of candles.
   */
  #made(request: HistoryRequest): Promise<Ohlcv[]> {
    // What the exchange had just refused the live feed, this one does not know either.
    const asked = this.#index.answers.get(questionKey(request)) ?? [];
    const last = asked.findLast(({ asked_ms }) => asked_ms <= this.#nowMs() + ANSWER_APART_MS_MAX);
    if (last !== undefined && (last.answeredBy === null || last.refusal !== null)) {
      return Promise.reject(new VenueError(last.refusal ?? "Cannot read candles: the exchange has not answered"));
    }
    this.#madeAnswers++;
    // Where the exchange's present is not known, nothing can be said to be past.
    if (this.#exchangeMs > 0) return this.#madeNow(request);
    return new Promise((resolve, reject) => {
      const end = () => reject(ended());
      this.#endings.add(end);
      this.#untilHeard.push(() => {
        this.#endings.delete(end);
        this.#madeNow(request).then(resolve, reject);
      });
    });
  }

  #madeNow(request: HistoryRequest): Promise<Ohlcv[]> {
    const { symbol, timeframe, fromMs, limit } = request;
    const width = TIMEFRAME_MS[timeframe];
    const rows = this.#known(request).filter(({ t }) => t + width <= this.#exchangeMs);
    const forming = this.#forming.get(symbol);
    // Who asks for the latest minute alone asks for the time; anybody else would take for closed what had been forming.
    if (timeframe === "1m" && limit === 1 && forming !== undefined && forming.t > (rows.at(-1)?.t ?? -1)) {
      rows.push(forming);
    }
    const from = fromMs === undefined ? -1 : rows.findIndex(({ t }) => t >= fromMs);
    const wanted = fromMs === undefined ? rows.slice(-limit) : from === -1 ? [] : rows.slice(from, from + limit);
    // What the feed needs next and the recording lacks was not asked for in it, or was lost to it.
    const isThere = wanted.length > 0 && (fromMs === undefined || wanted[0]?.t === fromMs);
    if (isThere) return Promise.resolve(wanted.map((row) => ({ ...row })));
    return Promise.reject(new VenueError(`Cannot read candles: those of ${symbol} ${timeframe} are not recorded`));
  }

  #known(request: HistoryRequest): Ohlcv[] {
    const { symbol, timeframe } = request;
    const known = new Map(this.#index.history.get(seriesKey(request)));
    // What had ended by now was whole when the same was asked later.
    const later = (this.#index.answers.get(questionKey(request)) ?? []).filter(({ asked_ms }) =>
      asked_ms > this.#nowMs()
    );
    for (const { rows } of later) for (const row of rows) known.set(row.t, row);
    if (timeframe === "1m") { for (const [t, candle] of this.#closed.get(symbol) ?? []) known.set(t, candle); }
    // Where the recording has holes of its own, or begins in the middle, what was stored is the only witness.
    if (this.#index.lost > 0 || this.#index.header.part > 1 || this.#index.ends.cuts.length > 0) {
      for (const candle of this.#index.candles.latest(symbol, timeframe, Number.MAX_SAFE_INTEGER)) {
        if (!known.has(candle.t)) known.set(candle.t, candle);
      }
    }
    return [...known.values()].sort((a, b) => a.t - b.t);
  }
}

function ended(): VenueError {
  return new VenueError("Cannot read candles: the recording has ended");
}
