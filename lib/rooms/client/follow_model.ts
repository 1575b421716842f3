import { signal } from "@preact/signals";
import { fetchRows } from "../../market/client/market_feed.ts";
import { MarketModel } from "../../market/client/market_model.ts";
import type { MarketPageData, MarketRow } from "../../market/page.ts";
import type { Timeframe } from "../../market/timeframe.ts";
import type { SharedView } from "../shapes.ts";

/** What shows a market; a test's shows none. */
export interface FollowPort {
  open(page: MarketPageData, timeframe: Timeframe): MarketModel;
  rows(search: string): Promise<MarketRow[]>;
}

const BROWSER: FollowPort = {
  open: (page, timeframe) => new MarketModel(page, timeframe),
  rows: fetchRows,
};

/** The chart of a viewer: the streamer's, until the viewer looks around alone. */
export class FollowModel {
  /** The market shown; null where there is none. */
  readonly market = signal<MarketModel | null>(null);
  readonly isFollowing = signal(true);
  /** The streamer's chart as told last. */
  readonly view = signal<SharedView | null>(null);
  /** The streamer's market could not be read. */
  readonly isLost = signal(false);
  readonly #port: FollowPort;
  #stopMarket: () => void = () => {};
  #isStarted = false;
  /** What is being opened: a later one ends it. */
  #opening = "";

  constructor(first: { page: MarketPageData; timeframe: Timeframe } | null, port: FollowPort = BROWSER) {
    this.#port = port;
    if (first) this.market.value = port.open(first.page, first.timeframe);
  }

  /** Goes live; returns a function that ends it. */
  start(): () => void {
    this.#isStarted = true;
    this.#stopMarket = this.market.value?.start() ?? (() => {});
    void this.#apply();
    return () => {
      this.#isStarted = false;
      this.#opening = "";
      this.#stopMarket();
    };
  }

  /** The streamer shows this now. Who looks around alone sees it when they follow again. */
  show(view: SharedView): void {
    this.view.value = view;
    void this.#apply();
  }

  /** Looks around alone. */
  detach(): void {
    this.isFollowing.value = false;
  }

  /** Sees what the streamer shows again. */
  followAgain(): void {
    this.isFollowing.value = true;
    void this.#apply();
  }

  /** What the streamer drew, where it is of the market shown. */
  drawings(): SharedView["drawings"] {
    const view = this.view.value;
    return view && this.#isShown(view) ? view.drawings : [];
  }

  #isShown({ exchange, symbol }: SharedView): boolean {
    const shown = this.market.value?.page.symbol;
    return shown?.exchange === exchange && shown.symbol === symbol;
  }

  async #apply(): Promise<void> {
    const view = this.view.value;
    if (!view || !this.isFollowing.value || !this.#isStarted) return;
    const { exchange, symbol, timeframe } = view;
    if (this.#isShown(view)) {
      this.#opening = "";
      return await this.market.value?.pick(timeframe);
    }
    const key = `${exchange}:${symbol}`;
    if (this.#opening === key) return;
    this.#opening = key;
    const rows = await this.#port.rows(`${new URLSearchParams({ q: symbol, exchange })}`).catch(() => []);
    // Meanwhile another was asked for, or the page is over.
    if (this.#opening !== key) return;
    this.#opening = "";
    const row = rows.find((each) => each.symbol === symbol && each.exchange === exchange);
    this.isLost.value = row === undefined;
    if (!row) return;
    this.#stopMarket();
    const { ticker = null, spark: _, ...listed } = row;
    const page = { symbol: listed, ticker, feed: null, candles: [], depth: null, rates: {} };
    const market = this.#port.open(page, this.view.value?.timeframe ?? timeframe);
    this.#stopMarket = market.start();
    this.market.value = market;
  }
}
