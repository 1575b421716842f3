import { signal } from "@preact/signals";
import { fetchRows } from "../../market/client/market_feed.ts";
import { MarketModel } from "../../market/client/market_model.ts";
import { type Timeframe, TIMEFRAME_MS } from "../../market/timeframe.ts";
import { digitsOf } from "../../kernel/format_decimal.ts";
import type { Drawing, SharedView } from "../shapes.ts";
import { type BarTimes, barTimes, timeOfBar } from "./chart_time.ts";
import { addDrawing, type DrawingKind, type DrawnPoint, drawnPoint, finishDrawing } from "./drawing.ts";
import { type Posted, type ShareState, ViewPublisher } from "./view_publisher.ts";
import type { CallRoom, RoomAnswer } from "./room_api.ts";

/** What a streamer's pointer does on the chart. */
export type Tool = "move" | DrawingKind;

/** What sharing a chart needs of its browser. */
export interface SharePort {
  call: CallRoom;
  newId(): string;
  nowMs(): number;
}

/** What sharing begins with. */
export interface ShareStart {
  streamId: string;
  view: SharedView | null;
  /** To choose from, as `<exchange>:<symbol>`. */
  markets: readonly string[];
}

/** The width of candles a room begins with. */
const FIRST_TIMEFRAME: Timeframe = "5m";

/** The streamer's chart: which market, what is drawn on it, and what of it the room sees. */
export class ShareModel {
  readonly market = signal("");
  /** The market's candles; null while it is read. */
  readonly model = signal<MarketModel | null>(null);
  /** The market could not be read. */
  readonly isUnknown = signal(false);
  readonly drawings = signal<readonly Drawing[]>([]);
  readonly tool = signal<Tool>("move");
  /** What the next drawing is called. */
  readonly words = signal("");
  /** The first mark of a line that waits for its second. */
  readonly mark = signal<DrawnPoint | null>(null);
  readonly isSharing = signal(true);
  readonly state = signal<ShareState>("told");

  readonly #port: SharePort;
  readonly #publisher: ViewPublisher;
  /** What is drawn belongs to its market, and is there again when the streamer comes back to it. */
  readonly #drawn = new Map<string, readonly Drawing[]>();
  readonly #timeframe: Timeframe;
  #range: SharedView["range"] = null;
  #stopMarket: () => void = () => {};

  constructor({ streamId, view, markets }: ShareStart, port: SharePort) {
    this.#port = port;
    this.#timeframe = view?.timeframe ?? FIRST_TIMEFRAME;
    this.market.value = view === null ? markets[0] ?? "" : `${view.exchange}:${view.symbol}`;
    this.drawings.value = view?.drawings ?? [];
    this.#publisher = new ViewPublisher({
      post: async (shown) => postedOf(await port.call("POST", `streaming/${streamId}/view`, shown)),
      onState: (state) => this.state.value = state,
      nowMs: port.nowMs,
      later(run, delay_ms) {
        const timer = setTimeout(run, delay_ms);
        return () => clearTimeout(timer);
      },
    }, view);
  }

  /** Reads the market and follows it; returns a function that ends everything. */
  start(): () => void {
    void this.#open(this.market.value, this.#timeframe);
    return () => {
      this.#stopMarket();
      this.#publisher.stop();
    };
  }

  /** Shows another market. */
  async pickMarket(market: string): Promise<void> {
    if (market === this.market.value) return;
    this.#drawn.set(this.market.value, this.drawings.value);
    this.drawings.value = this.#drawn.get(market) ?? [];
    this.mark.value = null;
    this.market.value = market;
    await this.#open(market, this.model.value?.timeframe.value ?? this.#timeframe);
  }

  /** Shows candles of another width. */
  pickTimeframe(timeframe: Timeframe): void {
    void this.model.value?.pick(timeframe);
  }

  /** What the pointer does from now on. */
  pickTool(tool: Tool): void {
    this.tool.value = tool;
    this.mark.value = null;
  }

  /** The chart shows this stretch, counted in bars. */
  setBars(bars: { from: number; to: number } | null): void {
    const times = this.times();
    const from = bars && times && timeOfBar(times, bars.from);
    const to = bars && times && timeOfBar(times, bars.to);
    if (typeof from !== "number" || typeof to !== "number" || from < 0 || from >= to) return;
    this.#range = { from, to };
    this.#tell();
  }

  /** Stops showing what changes, or shows it again. */
  setSharing(isSharing: boolean): void {
    this.isSharing.value = isSharing;
    this.#tell();
  }

  /** The place of the chart at a bar and a price. */
  pointAt(place: { bar: number; price: number } | null): DrawnPoint | null {
    const times = this.times();
    const model = this.model.value;
    if (!place || !times || !model) return null;
    return drawnPoint(timeOfBar(times, place.bar), place.price, digitsOf(model.page.symbol.tick_size));
  }

  /** Puts a mark down: a drawing, once it has as many as it needs. False where the drawing needs words first. */
  putMark(point: DrawnPoint): boolean {
    const kind = this.tool.value;
    if (kind === "move") return true;
    const marks = this.mark.value === null ? [point] : [this.mark.value, point];
    const drawing = finishDrawing(kind, marks, this.#port.newId(), this.words.value);
    if (drawing === null) {
      if (kind !== "trend") return false;
      this.mark.value = point;
      return true;
    }
    this.#finish(drawing);
    return true;
  }

  /** Draws a price, for who cannot point at it. */
  addLevel(price: string): void {
    const last = this.model.value?.candles.value.at(-1);
    const drawing = finishDrawing(
      "level",
      [{ t: last?.t ?? this.#port.nowMs(), p: price }],
      this.#port.newId(),
      this.words.value,
    );
    if (drawing) this.#finish(drawing);
  }

  /** Takes a drawing away; without an id the last one. */
  removeDrawing(id = this.drawings.value.at(-1)?.id): void {
    this.#draw(this.drawings.value.filter((drawing) => drawing.id !== id));
  }

  /** Takes all drawings away. */
  clear(): void {
    this.mark.value = null;
    this.#draw([]);
  }

  /** The open times of the candles on the chart; null before there are any. */
  times(): BarTimes | null {
    const model = this.model.value;
    return model && barTimes(model.candles.value, TIMEFRAME_MS[model.timeframe.value]);
  }

  #finish(drawing: Drawing): void {
    this.words.value = "";
    this.pickTool("move");
    this.#draw(addDrawing(this.drawings.value, drawing));
  }

  #draw(drawings: readonly Drawing[]): void {
    this.drawings.value = drawings;
    this.#tell();
  }

  async #open(market: string, timeframe: Timeframe): Promise<void> {
    this.#stopMarket();
    this.#stopMarket = () => {};
    this.model.value = null;
    this.isUnknown.value = false;
    this.#range = null;
    const [exchange = "", symbol = ""] = market.split(":");
    const rows = await fetchRows(`q=${encodeURIComponent(symbol)}&exchange=${encodeURIComponent(exchange)}`)
      .catch(() => []);
    // Another was picked meanwhile.
    if (this.market.value !== market) return;
    const row = rows.find((each) => each.symbol === symbol && each.exchange === exchange);
    this.isUnknown.value = row === undefined;
    if (!row) return;
    const { ticker = null, spark: _, ...listed } = row;
    const model = new MarketModel(
      { symbol: listed, ticker, feed: null, candles: [], depth: null, rates: {} },
      timeframe,
    );
    this.#stopMarket = model.start();
    this.model.value = model;
    this.#tell();
  }

  #tell(): void {
    const model = this.model.value;
    if (!this.isSharing.value || !model) return;
    const { exchange, symbol } = model.page.symbol;
    this.#publisher.show({
      exchange,
      symbol,
      timeframe: model.timeframe.value,
      range: this.#range,
      drawings: [...this.drawings.value],
    });
  }
}

/** A room that has ended, or is not ours, takes no more. */
function postedOf(answer: RoomAnswer): Posted {
  if (answer.ok) return "ok";
  if (["stream_ended", "not_owner", "not_found", "unauthenticated"].includes(answer.code)) return "stop";
  return answer.code === "lost" || answer.code === "rate_limited" ? "retry" : "refused";
}
