import type { JSX } from "preact";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { formatDay, formatHour, formatMonth } from "../../lib/pools/pool_dates.ts";
import {
  areaPath,
  type ChartFrame,
  linePath,
  spreadTags,
  timeTicks,
  type ValuePoint,
  valueTicks,
  xOf,
  yOf,
} from "../../lib/pools/value_chart.ts";
import { useTexts } from "../layout/texts.ts";

/** Room a tag needs on the lowest chart there is, in percent of its height. */
const TAG_GAP = 8.5;

/** Settlements marked below the line at most: more would be a grey band. */
const SETTLEMENTS_MAX = 70;

/** Labels nearer than this, in percent of the width or the height, would cover each other. */
const LABEL_GAP = 5;

/** Something bought: when, at which price, and what it is called. */
export interface ChartLot {
  key: string;
  t: number;
  v: number;
  label: string;
}

/** A level that matters from some time on. */
export interface ChartMark {
  v: number;
  from: number;
  label: string;
  /** On the axis. */
  tag: string;
}

export interface ValueChartProps {
  frame: ChartFrame | null;
  points: readonly ValuePoint[];
  /** What the chart shows, for who does not see it. */
  label: string;
  /** The newest value on the axis. */
  tag: string;
  /** The newest value is live. */
  isLive?: boolean;
  lots?: readonly ChartLot[];
  marks?: readonly ChartMark[];
  settlements?: readonly number[];
  /** The point under the pointer, with what to say of it. */
  hover?: { point: ValuePoint; text: string } | null;
  onPoint?: (percent: number | null) => void;
}

/**
 * A value over time. Places are percentages and texts keep their size, so the same markup fits every screen without a
 * script; the line alone is stretched.
 */
export function ValueChart(props: ValueChartProps): JSX.Element {
  const { t } = useTexts();
  const { frame, label, onPoint } = props;
  if (frame === null) {
    return (
      <div class="value-chart empty-chart">
        <p class="no-data">{t("pool.no_chart")}</p>
      </div>
    );
  }
  const point = onPoint &&
    ((event: PointerEvent) => {
      const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
      onPoint(((event.clientX - left) / width) * 100);
    });
  return (
    <div class="value-chart">
      <svg
        class="chart-plot"
        role="img"
        aria-label={label}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={onPoint && (() => onPoint(null))}
      >
        <Grid frame={frame} />
        <Line {...props} frame={frame} />
      </svg>
      <Axis {...props} frame={frame} />
      <Times frame={frame} />
    </div>
  );
}

function Grid({ frame }: { frame: ChartFrame }): JSX.Element {
  return (
    <>
      {valueTicks(frame).ticks.map((v) => (
        <line key={v} class="chart-grid" x1="0" x2="100%" y1={`${yOf(frame, v)}%`} y2={`${yOf(frame, v)}%`} />
      ))}
      {timeTicks(frame).ticks.map((t) => (
        <line key={t} class="chart-grid" y1="0" y2="100%" x1={`${xOf(frame, t)}%`} x2={`${xOf(frame, t)}%`} />
      ))}
    </>
  );
}

function Line(
  { frame, points, isLive, lots = [], marks = [], settlements = [], hover }: ValueChartProps & { frame: ChartFrame },
): JSX.Element {
  const last = points[points.length - 1];
  const shown = settlements.filter((t) => t >= frame.from);
  return (
    <>
      <defs>
        <linearGradient id="value-fill" x1="0" y1="0" x2="0" y2="1">
          <stop class="fill-top" offset="0" />
          <stop class="fill-end" offset="1" />
        </linearGradient>
      </defs>
      <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">
        <path class="chart-area" d={areaPath(frame, points)} fill="url(#value-fill)" />
        <path class="chart-line" d={linePath(frame, points)} vector-effect="non-scaling-stroke" />
      </svg>
      {shown.length <= SETTLEMENTS_MAX &&
        shown.map((t) => (
          <line key={t} class="chart-settled" x1={`${xOf(frame, t)}%`} x2={`${xOf(frame, t)}%`} y1="98.4%" y2="100%" />
        ))}
      {marks.map((mark, i) => {
        const isCovered = marks.slice(0, i).some(({ v }) => Math.abs(yOf(frame, v) - yOf(frame, mark.v)) < LABEL_GAP);
        return <MarkLine key={mark.v} frame={frame} mark={mark} hasLabel={!isCovered} />;
      })}
      <Lots frame={frame} lots={lots} />
      {last && (
        <g class={isLive ? "chart-now live" : "chart-now"}>
          <circle class="halo" cx={`${xOf(frame, last.t)}%`} cy={`${yOf(frame, last.v)}%`} r="8" />
          <circle cx={`${xOf(frame, last.t)}%`} cy={`${yOf(frame, last.v)}%`} r="3.5" />
        </g>
      )}
      {hover && <Hover frame={frame} {...hover} />}
    </>
  );
}

function MarkLine({ frame, mark, hasLabel }: { frame: ChartFrame; mark: ChartMark; hasLabel: boolean }): JSX.Element {
  const y = `${yOf(frame, mark.v)}%`;
  const x = Math.max(0, xOf(frame, mark.from));
  // Before the line where there is room for it, else above its beginning.
  const isBefore = x > 42;
  return (
    <>
      <line class="chart-mark" x1={`${x}%`} x2="100%" y1={y} y2={y} />
      {hasLabel && (
        <text
          class="chart-mark-label"
          x={`${x}%`}
          y={y}
          dx={isBefore ? -9 : 10}
          dy={isBefore ? 4 : -6}
          text-anchor={isBefore ? "end" : "start"}
        >
          {mark.label}
        </text>
      )}
    </>
  );
}

function Lots({ frame, lots }: { frame: ChartFrame; lots: readonly ChartLot[] }): JSX.Element {
  let labelled = -Infinity;
  const visible = lots.filter(({ t }) => t >= frame.from).toSorted((a, b) => a.t - b.t);
  return (
    <>
      {visible.map(({ key, t, v, label }) => {
        const [x, y] = [xOf(frame, t), yOf(frame, v)];
        const hasLabel = x - labelled > LABEL_GAP;
        if (hasLabel) labelled = x;
        return (
          <g key={key} class="chart-lot">
            <circle cx={`${x}%`} cy={`${y}%`} r="4" />
            {hasLabel && (
              <text x={`${x}%`} y={`${y}%`} dy={y < 16 ? -12 : 20} text-anchor={x < 3 ? "start" : "middle"}>
                {label}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}

function Hover({ frame, point, text }: { frame: ChartFrame; point: ValuePoint; text: string }): JSX.Element {
  const x = xOf(frame, point.t);
  return (
    <g class="chart-hover">
      <line x1={`${x}%`} x2={`${x}%`} y1="0" y2="100%" />
      <circle cx={`${x}%`} cy={`${yOf(frame, point.v)}%`} r="3.5" />
      <text x={`${x}%`} y="14" dx={x > 50 ? -8 : 8} text-anchor={x > 50 ? "end" : "start"}>{text}</text>
    </g>
  );
}

function Axis({ frame, points, tag, isLive, marks = [] }: ValueChartProps & { frame: ChartFrame }): JSX.Element {
  const last = points[points.length - 1];
  const { ticks, digits } = valueTicks(frame);
  const inSight = marks.filter(({ v }) => v >= frame.low && v <= frame.high);
  const tags = [
    ...last ? [{ key: "now", look: isLive ? "now live" : "now", v: last.v, text: tag }] : [],
    ...inSight.map((mark) => ({ key: String(mark.v), look: "mark", v: mark.v, text: mark.tag })),
  ];
  const places = spreadTags(tags.map(({ v }) => yOf(frame, v)), TAG_GAP);
  const isFree = (y: number) => places.every((place) => Math.abs(place - y) > TAG_GAP * 0.85);
  return (
    <svg class="chart-axis" aria-hidden="true">
      {ticks.filter((v) => isFree(yOf(frame, v))).map((v) => (
        <text key={v} x="8" y={`${yOf(frame, v)}%`} dy="4">{formatDecimal(v.toFixed(digits), digits)}</text>
      ))}
      {tags.map(({ key, look, text }, i) => (
        <svg key={key} class={`chart-tag ${look}`} y={`${places[i]}%`} overflow="visible">
          <rect x="2" y="-10" width={text.length > 8 ? 86 : 64} height="20" rx="3" />
          <text x="8" dy="4">{text}</text>
        </svg>
      ))}
    </svg>
  );
}

function Times({ frame }: { frame: ChartFrame }): JSX.Element {
  const { locale, timeZone } = useTexts();
  const { ticks, mark } = timeTicks(frame);
  // Days and months begin in UTC, as settlements do; another zone would call them by the day before.
  const text = (t: number) =>
    mark === "hour"
      ? formatHour(t, locale, timeZone)
      : mark === "day"
      ? formatDay(t, locale, "UTC")
      : formatMonth(t, locale, "UTC");
  return (
    <svg class="chart-times" aria-hidden="true">
      {ticks.map((t, i) => {
        const x = xOf(frame, t);
        return x < 3 || x > 97
          ? null
          : (
            <text key={t} class={i % 2 === 0 ? undefined : "odd"} x={`${x}%`} y="16" text-anchor="middle">
              {text(t)}
            </text>
          );
      })}
    </svg>
  );
}
