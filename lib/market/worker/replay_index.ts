import type { Ohlcv } from "../fold.ts";
import type { RecordingHeader, RecordingRecord } from "../recording.ts";
import { CandleTable } from "./candle_table.ts";
import type { StoredCandles } from "./feed_store.ts";
import { readRecording, type Recording, type RecordingEnds } from "./recording_reader.ts";
import type { HistoryRequest, VenueMarket } from "./venue.ts";

/** A question about history as the live feed put it, and what it was given. */
export interface RecordedAnswer {
  asked_ms: number;
  /** Number of the record that tells of the question. */
  askedBy: number;
  /** Number of the record that brought the answer; null when the recording ended first. */
  answeredBy: number | null;
  rows: Ohlcv[];
  /** Why the exchange did not answer, if so. */
  refusal: string | null;
}

/** What is known of a whole recording before it is replayed. */
export interface ReplayIndex {
  header: RecordingHeader;
  ends: RecordingEnds;
  records: number;
  frames: number;
  /** Records that the recorder could not keep. */
  lost: number;
  firstMs: number;
  lastMs: number;
  markets: VenueMarket[];
  volumes: ReadonlyMap<string, number>;
  /** What was streamed, and from when. */
  streams: { at_ms: number; candles: string[] }[];
  /** What was stored of each symbol when the feed first asked. */
  stored: ReadonlyMap<string, StoredCandles>;
  /** Answers by question, in the order in which they were asked. */
  answers: ReadonlyMap<string, RecordedAnswer[]>;
  /** Closed candles that the exchange's history told, by {@link seriesKey}. */
  history: ReadonlyMap<string, ReadonlyMap<number, Ohlcv>>;
  /** What the live feed stored. */
  candles: CandleTable;
}

/**
 * Name of a question: the same question is the same name. How many candles it asks for depends on the instant, so two
 * runs of one feed may differ in it; whether it asks for one or for many does not.
 */
export function questionKey({ symbol, timeframe, fromMs, limit }: HistoryRequest): string {
  return `${symbol} ${timeframe} ${fromMs ?? "latest"} ${limit === 1 ? "one" : "many"}`;
}

/** Name of a symbol's width. */
export function seriesKey({ symbol, timeframe }: Pick<HistoryRequest, "symbol" | "timeframe">): string {
  return `${symbol} ${timeframe}`;
}

/**
 * Reads a recording once from end to end, so that a damaged one is refused before anything is replayed.
 * Throws RecordingError.
 */
export async function indexRecording(recording: Recording): Promise<ReplayIndex> {
  const builder = new IndexBuilder(recording.header);
  const records = readRecording(recording);
  let next = await records.next();
  for (; next.done !== true; next = await records.next()) builder.add(next.value);
  return builder.finish(next.value);
}

class IndexBuilder {
  readonly #history = new Map<string, Map<number, Ohlcv>>();
  readonly #asked = new Map<number, { request: HistoryRequest; answer: RecordedAnswer }>();
  readonly #answers = new Map<string, RecordedAnswer[]>();
  readonly #stored = new Map<string, StoredCandles>();
  readonly #streams: ReplayIndex["streams"] = [];
  readonly #candles = new CandleTable();
  readonly #header: RecordingHeader;
  #records = 0;
  #frames = 0;
  #lost = 0;
  #lastMs: number;
  #markets: VenueMarket[] | null = null;
  #volumes: ReadonlyMap<string, number> | null = null;

  constructor(header: RecordingHeader) {
    this.#header = header;
    this.#lastMs = header.at_ms;
  }

  add(record: RecordingRecord): void {
    const number = this.#records++;
    this.#lastMs = Math.max(this.#lastMs, record[1]);
    switch (record[0]) {
      case "frame":
      case "held":
      case "bytes":
        this.#frames++;
        break;
      case "gap":
        this.#lost += record[2];
        break;
      case "markets":
        this.#markets ??= record[2];
        break;
      case "volumes":
        this.#volumes ??= new Map(record[2]);
        break;
      case "streams":
        this.#streams.push({ at_ms: record[1], candles: record[2].candles });
        break;
      case "stored":
        if (!this.#stored.has(record[2])) this.#stored.set(record[2], record[3]);
        break;
      case "ask":
        this.#ask(number, record[1], record[2], record[3]);
        break;
      case "answer":
        this.#answer(number, record[2], record[3], null);
        break;
      case "refusal":
        this.#answer(number, record[2], [], record[3]);
        break;
      case "candles":
        this.#candles.insert(record[2]);
        break;
      case "repaired":
        this.#candles.repair(record[2]);
        break;
    }
  }

  finish(ends: RecordingEnds): ReplayIndex {
    return {
      header: this.#header,
      ends,
      records: this.#records,
      frames: this.#frames,
      lost: this.#lost,
      firstMs: this.#header.at_ms,
      lastMs: this.#lastMs,
      markets: this.#markets ?? [],
      volumes: this.#volumes ?? new Map(),
      streams: this.#streams,
      stored: this.#stored,
      answers: this.#answers,
      history: this.#history,
      candles: this.#candles,
    };
  }

  #ask(askedBy: number, asked_ms: number, id: number, request: HistoryRequest): void {
    const answer: RecordedAnswer = { asked_ms, askedBy, answeredBy: null, rows: [], refusal: null };
    this.#asked.set(id, { request, answer });
    const key = questionKey(request);
    const others = this.#answers.get(key);
    if (others === undefined) this.#answers.set(key, [answer]);
    else others.push(answer);
  }

  #answer(number: number, id: number, rows: Ohlcv[], refusal: string | null): void {
    const question = this.#asked.get(id);
    this.#asked.delete(id);
    // Asked in a part before the first one read.
    if (question === undefined) return;
    Object.assign(question.answer, { answeredBy: number, rows, refusal });
    if (refusal === null) keep(this.#history, seriesKey(question.request), rows);
  }
}

/** The last candle of an answer may have been forming: it is kept only where a later answer shows what came after it. */
function keep(history: Map<string, Map<number, Ohlcv>>, key: string, rows: readonly Ohlcv[]): void {
  let known = history.get(key);
  if (known === undefined) history.set(key, known = new Map());
  for (const row of rows.slice(0, -1)) known.set(row.t, row);
}
