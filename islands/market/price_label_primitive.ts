import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";
import { CHART_FONT, THEME } from "./chart_theme.ts";

/** What the last price's label says. */
export interface PriceLabel {
  price: number;
  text: string;
  /** Second line: when the bar closes. Empty leaves it out. */
  note: string;
  /** Flat stands for a price that is not to be trusted. */
  direction: "up" | "down" | "flat";
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

const LINE_HEIGHT = 14;
const PADDING = 4;

/** The last price on the price axis, with the bar's countdown below it. */
export class PriceLabelPrimitive implements ISeriesPrimitive<Time> {
  #chart: SeriesAttachedParameter<Time> | null = null;
  #label: PriceLabel | null = null;
  readonly #views: readonly IPrimitivePaneView[] = [{
    zOrder: () => "top",
    renderer: () => ({ draw: (target) => this.#draw(target) }),
  }];

  attached(chart: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
  }

  detached(): void {
    this.#chart = null;
  }

  priceAxisPaneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  /** Replaces the label and asks for a redraw when it differs. */
  setLabel(label: PriceLabel | null): void {
    const before = this.#label;
    this.#label = label;
    if (before?.text !== label?.text || before?.note !== label?.note || before?.direction !== label?.direction) {
      this.#chart?.requestUpdate();
    }
  }

  #draw(target: Target): void {
    const label = this.#label;
    const y = label && this.#chart?.series.priceToCoordinate(label.price);
    if (!label || y === null || y === undefined) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const lines = label.note === "" ? 1 : 2;
      const height = lines * LINE_HEIGHT + 2 * PADDING;
      const top = Math.min(Math.max(1, y - LINE_HEIGHT / 2 - PADDING), mediaSize.height - height - 1);
      context.fillStyle = THEME[label.direction];
      context.beginPath();
      context.roundRect(1, top, mediaSize.width - 3, height, 3);
      context.fill();
      context.fillStyle = THEME.ink;
      context.textBaseline = "middle";
      context.textAlign = "left";
      context.font = `700 11px ${CHART_FONT}`;
      context.fillText(label.text, 6, top + PADDING + LINE_HEIGHT / 2);
      if (lines === 1) return;
      context.font = `500 11px ${CHART_FONT}`;
      context.fillText(label.note, 6, top + PADDING + LINE_HEIGHT * 1.5);
    });
  }
}
