import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { barOfTime, type BarTimes } from "../../lib/rooms/client/chart_time.ts";
import type { DrawnPoint } from "../../lib/rooms/client/drawing.ts";
import type { Drawing } from "../../lib/rooms/shapes.ts";
import { CHART_FONT, THEME } from "../market/chart_theme.ts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
type Context = CanvasRenderingContext2D;

interface Place {
  x: number;
  y: number;
}

/** Characters of a label: a longer text would cover the chart. */
const LABEL_LENGTH_MAX = 60;
const LABEL_HEIGHT = 20;
const PADDING = 6;
const KNOB = 3.5;

/** What a streamer drew, over the candles: lines, prices and notes. */
export class DrawingsPrimitive implements ISeriesPrimitive<Time> {
  #chart: SeriesAttachedParameter<Time> | null = null;
  #drawings: readonly Drawing[] = [];
  #times: BarTimes | null = null;
  /** A first mark that waits for its second, and where the pointer is. */
  #draft: { from: DrawnPoint; to: DrawnPoint } | null = null;
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

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  /** Shows these, on candles with these times. */
  setDrawings(drawings: readonly Drawing[], times: BarTimes): void {
    this.#drawings = drawings;
    this.#times = times;
    this.#chart?.requestUpdate();
  }

  /** Shows a line that is being drawn; null ends that. */
  setDraft(draft: { from: DrawnPoint; to: DrawnPoint } | null): void {
    if (this.#draft === null && draft === null) return;
    this.#draft = draft;
    this.#chart?.requestUpdate();
  }

  #draw(target: Target): void {
    if (!this.#chart || !this.#times) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.lineWidth = 1.5;
      context.strokeStyle = THEME.ema50;
      context.font = `500 11px ${CHART_FONT}`;
      context.textBaseline = "middle";
      context.textAlign = "left";
      for (const drawing of this.#drawings) {
        const [from, to] = drawing.points.map((point) => this.#placeOf(point));
        if (drawing.kind === "level") this.#drawLevel(context, drawing, from, mediaSize.width);
        else if (drawing.kind === "trend") drawTrend(context, drawing.text, from, to);
        else if (from) drawNote(context, drawing.text, from);
      }
      if (this.#draft) drawTrend(context, "", this.#placeOf(this.#draft.from), this.#placeOf(this.#draft.to));
    });
  }

  #drawLevel(context: Context, { text, points }: Drawing, place: Place | null | undefined, width: number): void {
    if (!place) return;
    context.setLineDash([6, 4]);
    line(context, { x: 0, y: place.y }, { x: width, y: place.y });
    context.setLineDash([]);
    const price = points[0]?.p ?? "";
    const digits = price.length - 1 - price.lastIndexOf(".");
    const words = [text, formatDecimal(price, price.includes(".") ? digits : 0)].filter(Boolean).join(" · ");
    label(context, words, width - textWidth(context, words) - 12, place.y);
  }

  #placeOf({ t, p }: DrawnPoint): Place | null {
    const bar = this.#times && barOfTime(this.#times, t);
    if (!this.#chart || bar === null) return null;
    const { chart, series } = this.#chart;
    const y = series.priceToCoordinate(Number(p));
    // The library knows whole bars only.
    const whole = Math.floor(bar);
    const left = chart.timeScale().logicalToCoordinate(whole as Logical);
    const right = chart.timeScale().logicalToCoordinate(whole + 1 as Logical);
    if (y === null || left === null || right === null) return null;
    return { x: left + (bar - whole) * (right - left), y };
  }
}

function drawTrend(context: Context, text: string, from: Place | null | undefined, to: Place | null | undefined): void {
  if (!from || !to) return;
  line(context, from, to);
  knob(context, from);
  knob(context, to);
  if (text !== "") label(context, text, from.x + 4, from.y + (to.y < from.y ? LABEL_HEIGHT : -LABEL_HEIGHT));
}

function drawNote(context: Context, text: string, at: Place): void {
  knob(context, at);
  label(context, text, at.x + 10, at.y);
}

function line(context: Context, from: Place, to: Place): void {
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

function knob(context: Context, { x, y }: Place): void {
  context.beginPath();
  context.arc(x, y, KNOB, 0, 2 * Math.PI);
  context.fillStyle = THEME.panel;
  context.fill();
  context.stroke();
}

function label(context: Context, text: string, x: number, y: number): void {
  const words = shortened(text);
  context.beginPath();
  context.roundRect(x, y - LABEL_HEIGHT / 2, textWidth(context, text), LABEL_HEIGHT, 3);
  context.fillStyle = THEME.panel;
  context.fill();
  context.stroke();
  context.fillStyle = THEME.text;
  context.fillText(words, x + PADDING, y + 0.5);
}

function textWidth(context: Context, text: string): number {
  return context.measureText(shortened(text)).width + 2 * PADDING;
}

function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= LABEL_LENGTH_MAX ? text : `${letters.slice(0, LABEL_LENGTH_MAX - 1).join("")}…`;
}
