import type { Ohlcv } from "../fold.ts";
import type { RecordingRecord } from "../recording.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { FrameTap } from "./frame_tap.ts";
import type { Recorder } from "./recorder.ts";
import {
  type HistoryRequest,
  type StreamSet,
  type Venue,
  type VenueBook,
  type VenueCounts,
  VenueError,
  type VenueListener,
  type VenueMarket,
  type VenueTicker,
  type VenueTrade,
} from "./venue.ts";

/** What a recording venue needs from outside. */
export interface RecordingVenueOptions {
  /** Opens the exchange's venue with a tap on its sockets. */
  open: (tap: FrameTap) => Venue;
  /** Begins a recording: called when the venue begins to stream. */
  begin: (venue: RecordingVenue) => Recorder;
}

/** A venue that records all its feed is told, and is otherwise the one it was made of. */
export class RecordingVenue implements Venue {
  readonly exchange: string;
  readonly capabilities: VenueCapabilities;
  readonly #venue: Venue;
  readonly #begin: (venue: RecordingVenue) => Recorder;
  #recorder: Recorder | null = null;
  #names: ReadonlyMap<string, string> = new Map();
  #markets: VenueMarket[] = [];
  #volumes: ReadonlyMap<string, number> = new Map();
  #streams: { candles: string[]; trades: string[]; books: string[] } = { candles: [], trades: [], books: [] };
  readonly #subscribed = new Set<string>();
  #state: "live" | "reconnecting" | null = null;
  #asks = 0;

  constructor({ open, begin }: RecordingVenueOptions) {
    this.#begin = begin;
    this.#venue = open(this.#tap());
    this.exchange = this.#venue.exchange;
    this.capabilities = this.#venue.capabilities;
  }

  /** Symbols whose candles are streamed. */
  get symbols(): string[] {
    return this.#streams.candles;
  }

  /** What is known at the beginning of a part; all but the first also say what has been told before. */
  checkpoint(at: number, part: number): RecordingRecord[] {
    const known: RecordingRecord[] = [
      ["names", at, Object.fromEntries(this.#names)],
      ["markets", at, this.#markets],
      ["volumes", at, [...this.#volumes]],
    ];
    if (part === 1) return known;
    known.push(["streams", at, this.#streams], ["subscribed", at, [...this.#subscribed]]);
    if (this.#state !== null) known.push(["state", at, this.#state, null]);
    return known;
  }

  async markets(): Promise<VenueMarket[]> {
    const markets = await this.#venue.markets();
    this.#markets = markets;
    this.#push((at) => ["markets", at, markets]);
    return markets;
  }

  async quoteVolumes(): Promise<Map<string, number>> {
    const volumes = await this.#venue.quoteVolumes();
    this.#volumes = volumes;
    this.#push((at) => ["volumes", at, [...volumes]]);
    return volumes;
  }

  /** Not recorded: no candle comes of them. */
  tickers(): Promise<VenueTicker[]> {
    return this.#venue.tickers();
  }

  async history(request: HistoryRequest): Promise<Ohlcv[]> {
    const id = ++this.#asks;
    this.#push((at) => ["ask", at, id, request]);
    try {
      const candles = await this.#venue.history(request);
      this.#push((at) => ["answer", at, id, candles]);
      return candles;
    } catch (error) {
      if (error instanceof VenueError) this.#push((at) => ["refusal", at, id, error.message]);
      throw error;
    }
  }

  trades(symbol: string, limit: number): Promise<VenueTrade[]> {
    return this.#venue.trades(symbol, limit);
  }

  book(symbol: string): Promise<VenueBook> {
    return this.#venue.book(symbol);
  }

  start(listener: VenueListener): void {
    this.#recorder = this.#begin(this);
    // Binance's frames are recorded as they came; what ccxt makes of frames cannot be made of them a second time.
    const told = this.capabilities.protocol === "ccxt";
    this.#venue.start({
      onTick: (tick) => {
        if (told) this.#push((at) => ["tick", at, tick]);
        listener.onTick(tick);
      },
      onTrade: (trade) => listener.onTrade(trade),
      onBook: (book) => listener.onBook(book),
      onBadFrame: (frame) => {
        if (told) this.#push((at) => ["bad", at, frame]);
        listener.onBadFrame(frame);
      },
      onSubscribed: (symbols) => {
        for (const symbol of symbols) this.#subscribed.add(symbol);
        this.#push((at) => ["subscribed", at, symbols]);
        listener.onSubscribed(symbols);
      },
      onState: (state, reason) => {
        if (state === "reconnecting") this.#subscribed.clear();
        this.#state = state;
        this.#push((at) => ["state", at, state, reason ?? null]);
        listener.onState(state, reason);
      },
      onReplaced: (reason) => {
        this.#push((at) => ["replaced", at, reason]);
        listener.onReplaced(reason);
      },
    });
  }

  setStreams(streams: StreamSet): void {
    this.#streams = { candles: [...streams.candles], trades: [...streams.trades], books: [...streams.books] };
    const keep = new Set(this.#streams.candles);
    for (const symbol of this.#subscribed) if (!keep.has(symbol)) this.#subscribed.delete(symbol);
    const set = this.#streams;
    this.#push((at) => ["streams", at, set]);
    this.#venue.setStreams(set);
  }

  counts(): VenueCounts {
    return this.#venue.counts();
  }

  close(): Promise<void> {
    return this.#venue.close();
  }

  #push(make: (at: number) => RecordingRecord): void {
    const recorder = this.#recorder;
    if (recorder !== null) recorder.push(make(recorder.at_ms));
  }

  #tap(): FrameTap {
    return {
      names: (symbolOfId) => {
        this.#names = symbolOfId;
        this.#push((at) => ["names", at, Object.fromEntries(symbolOfId)]);
      },
      opened: (socket) => this.#push((at) => ["opened", at, socket]),
      frame: (socket, data, held) =>
        this.#push((at) => {
          if (typeof data === "string") return [held ? "held" : "frame", at, socket, data];
          return ["bytes", at, socket, data instanceof ArrayBuffer ? data.byteLength : 0, held];
        }),
      confirmed: (socket, streams) => this.#push((at) => ["confirmed", at, socket, [...streams]]),
      lost: (socket, reason) => this.#push((at) => ["lost", at, socket, reason]),
      switched: (socket, reason) => this.#push((at) => ["switched", at, socket, reason]),
      released: (socket) => this.#push((at) => ["released", at, socket]),
    };
  }
}
