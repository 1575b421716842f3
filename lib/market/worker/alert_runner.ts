import type { Logger } from "../../kernel/log.ts";
import { type ActiveAlert, type FiredAlert, isMet, PriceAlerts } from "../alerts.ts";
import type { Hold, IndicatorBook } from "../indicators/book.ts";
import { parseReference } from "../indicators/key.ts";
import { CLOSE } from "../indicators/vector.ts";
import type { Timeframe } from "../timeframe.ts";
import type { FeedStore } from "./feed_store.ts";

/** Fired alerts that may wait for the database; beyond it the newest are dropped, and fire again when read anew. */
export const FIRED_QUEUED_MAX = 5_000;

/** Alerts of one call. */
const FIRED_PER_CALL_MAX = 200;

/** What a runner needs from outside. */
export interface AlertRunnerOptions {
  exchange: string;
  store: Pick<FeedStore, "activeAlerts" | "fireAlerts">;
  /** Where indicators are computed; whoever owns it gives it candles. */
  book: IndicatorBook;
  logger: Logger;
  /** Unix ms: rests end by it. */
  wallMs: () => number;
}

interface CloseAlert {
  alert: ActiveAlert;
  value: number;
  /** Null watches the close itself. */
  hold: Hold | null;
  output: number;
  /** What the last close gave; null before the first that was seen. */
  last: number | null;
}

/** Looks at the alerts of one exchange: prices at every tick, indicators and closes when a candle closes. */
export class AlertRunner {
  readonly #options: AlertRunnerOptions;
  readonly #prices = new PriceAlerts();
  #closes = new Map<string, Map<string, CloseAlert>>();
  #fired: FiredAlert[] = [];
  #symbols = new Set<string>();
  #firing = false;

  constructor(options: AlertRunnerOptions) {
    this.#options = options;
  }

  /** Symbols that must be streamed for them. */
  get symbols(): ReadonlySet<string> {
    return this.#symbols;
  }

  /** Reads which alerts there are. */
  async read(): Promise<void> {
    const alerts = await this.#options.store.activeAlerts();
    // What has fired and is not told yet must not fire again.
    const waiting = new Set(this.#fired.map(({ id }) => id));
    const active = alerts.filter(({ id }) => !waiting.has(id));
    this.#symbols = new Set(alerts.map(({ symbol }) => symbol));
    this.#prices.set(active);
    this.#setCloses(active.filter(({ timeframe }) => timeframe !== null));
  }

  /** Takes a price. */
  onPrice(symbol: string, price: string, et: number): void {
    for (const fired of this.#prices.price(symbol, price, et, this.#options.wallMs())) this.#fire(fired);
  }

  /** Takes a close, after the indicators have. */
  onClosed(symbol: string, timeframe: Timeframe, close: string, et: number): void {
    const alerts = this.#closes.get(`${symbol}:${timeframe}`);
    if (alerts === undefined) return;
    const now = this.#options.wallMs();
    for (const [id, each] of alerts) {
      const { alert, value, hold, output, last } = each;
      const current = hold === null ? Number(close) : hold.vector.closed[hold.slot + output] as number;
      if (!Number.isFinite(current)) continue;
      const before = hold === null ? last : hold.vector.previous[hold.slot + output] as number;
      each.last = current;
      if (alert.restingUntilMs !== null && alert.restingUntilMs > now) continue;
      if (!isMet(alert.condition, value, Number.isFinite(before) ? before : null, current)) continue;
      alerts.delete(id);
      hold?.release();
      this.#fire({ id, symbol, value: hold === null ? close : decimalText(current), atMs: et });
    }
  }

  /** Tells the owners of what has fired; what the database does not take now stays for the next time. */
  async flush(token: number): Promise<void> {
    if (this.#firing) return;
    this.#firing = true;
    try {
      while (this.#fired.length > 0) {
        const batch = this.#fired.slice(0, FIRED_PER_CALL_MAX);
        const answer = await this.#options.store.fireAlerts(token, batch);
        if (!answer.ok && answer.next !== "reject") return;
        if (!answer.ok) this.#options.logger.error("Alerts that fired are refused", { code: answer.code });
        this.#fired.splice(0, batch.length);
      }
    } finally {
      this.#firing = false;
    }
  }

  /** Lets go of every indicator. */
  close(): void {
    this.#setCloses([]);
  }

  #fire(fired: FiredAlert): void {
    if (this.#fired.length < FIRED_QUEUED_MAX) this.#fired.push(fired);
  }

  #setCloses(alerts: readonly ActiveAlert[]): void {
    const before = this.#closes;
    this.#closes = new Map();
    for (const alert of alerts) {
      const name = `${alert.symbol}:${alert.timeframe}`;
      const known = before.get(name)?.get(alert.id);
      before.get(name)?.delete(alert.id);
      const close = this.#prepare(alert, known);
      if (close === null) continue;
      const group = this.#closes.get(name);
      if (group === undefined) this.#closes.set(name, new Map([[alert.id, close]]));
      else group.set(alert.id, close);
    }
    for (const group of before.values()) for (const { hold } of group.values()) hold?.release();
  }

  #prepare(alert: ActiveAlert, known: CloseAlert | undefined): CloseAlert | null {
    if (known !== undefined && known.alert.indicator === alert.indicator) {
      return { ...known, alert, value: Number(alert.value) };
    }
    known?.hold?.release();
    if (alert.indicator === null) return { alert, value: Number(alert.value), hold: null, output: CLOSE, last: null };
    const read = parseReference(alert.indicator);
    if (!read.ok) {
      this.#options.logger.warn("Cannot watch an alert's indicator", { alert_id: alert.id, error: read.error });
      return null;
    }
    const id = { exchange: this.#options.exchange, symbol: alert.symbol, timeframe: alert.timeframe as Timeframe };
    const holding = this.#options.book.hold(id, read.value.key);
    if (!holding.ok) {
      this.#options.logger.warn("Cannot watch an alert's indicator", { alert_id: alert.id, error: holding.error });
      return null;
    }
    return { alert, value: Number(alert.value), hold: holding.hold, output: read.value.output, last: null };
  }
}

/** Digits behind the point that an indicator's value is told with. */
const VALUE_DIGITS = 8;

function decimalText(value: number): string {
  return value.toFixed(VALUE_DIGITS).replace(/\.?0+$/, "");
}
