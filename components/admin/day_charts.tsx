import type { ComponentChildren, JSX } from "preact";
import { type Axis, axisOf, shortNumber } from "../../lib/admin/axis.ts";
import type { DashboardDay } from "../../lib/admin/dashboard.ts";
import { addDecimals } from "../../lib/kernel/decimal.ts";
import { formatDate } from "../../lib/kernel/dates.ts";
import { formatEur, formatSignedEur } from "../../lib/ledger/money.ts";
import { useTexts } from "../layout/texts.ts";

const WIDTH = 600;
const HEIGHT = 200;

/** Part of a day's place that its bar takes. */
const BAR_SHARE = 0.6;

/** What all pools were worth, and what went in and out, day by day; the same as figures below. */
export function DayCharts({ days, pnlToday }: { days: readonly DashboardDay[]; pnlToday: string | null }): JSX.Element {
  const { t } = useTexts();
  const today = days.at(-1);
  return (
    <>
      <div class="columns even">
        <AumChart days={days} now={today?.aum_eur ?? null} pnlToday={pnlToday} />
        <FlowChart days={days} />
      </div>
      <details class="panel day-figures">
        <summary>{t("money.figures")}</summary>
        <Figures days={days} />
      </details>
    </>
  );
}

function AumChart({ days, now, pnlToday }: {
  days: readonly DashboardDay[];
  now: string | null;
  pnlToday: string | null;
}): JSX.Element {
  const { t } = useTexts();
  const values = days.map(({ aum_eur }) => aum_eur === null ? NaN : Number(aum_eur));
  const axis = axisOf(values);
  const toX = (i: number) => round((i + 0.5) * (WIDTH / days.length));
  let line = "";
  let area = "";
  let from = -1;
  values.forEach((value, i) => {
    // A day without a value leaves a gap: a line across it would claim one.
    if (!Number.isFinite(value)) return;
    const isFirst = i === 0 || !Number.isFinite(values[i - 1]);
    if (isFirst) from = i;
    line += `${isFirst ? "M" : "L"}${toX(i)} ${toY(axis, value)}`;
    const isLast = !Number.isFinite(values[i + 1]);
    if (isLast) {
      const top = values.slice(from, i + 1).map((each, j) => `L${toX(from + j)} ${toY(axis, each)}`).join("");
      area += `M${toX(from)} ${HEIGHT}${top}L${toX(i)} ${HEIGHT}Z`;
    }
  });
  const text = formatEur(now) ?? t("live.no_data");
  return (
    <DayChart
      title={t("money.aum")}
      note={pnlToday === null ? "" : t("money.today", { amount: formatSignedEur(pnlToday) ?? "" })}
      spoken={t("money.aum_spoken", { count: days.length, amount: text })}
      days={days}
      axis={axis}
      tips={({ aum_eur }) => formatEur(aum_eur) ?? t("live.no_data")}
    >
      <path class="day-area" d={area} />
      <path class="day-line" d={line} vector-effect="non-scaling-stroke" />
    </DayChart>
  );
}

function FlowChart({ days }: { days: readonly DashboardDay[] }): JSX.Element {
  const { t } = useTexts();
  const axis = axisOf(days.flatMap((day) => [Number(day.subscribed_eur), -Number(day.redeemed_eur)]), true);
  const bars = (which: "subscribed_eur" | "redeemed_eur", sign: 1 | -1) =>
    days.map((day, i) => {
      const place = WIDTH / days.length;
      const [from, to] = [toY(axis, 0), toY(axis, sign * Number(day[which]))];
      const left = round((i + (1 - BAR_SHARE) / 2) * place);
      return from === to ? "" : `M${left} ${from}V${to}h${round(place * BAR_SHARE)}V${from}Z`;
    }).join("");
  const net = days.reduce((sum, day) => addDecimals(sum, netOf(day)), "0");
  const amount = formatSignedEur(net) ?? "";
  const zero = toY(axis, 0);
  return (
    <DayChart
      title={t("money.flows")}
      note={t("money.net", { amount })}
      spoken={t("money.flows_spoken", { count: days.length, amount })}
      days={days}
      axis={axis}
      tips={(day) =>
        t("money.flow_tip", { in: formatEur(day.subscribed_eur) ?? "", out: formatEur(day.redeemed_eur) ?? "" })}
    >
      <path class="day-in" d={bars("subscribed_eur", 1)} />
      <path class="day-out" d={bars("redeemed_eur", -1)} />
      <path class="day-zero" d={`M0 ${zero}H${WIDTH}`} vector-effect="non-scaling-stroke" />
    </DayChart>
  );
}

/** A frame with an axis of values at the right and days below. */
function DayChart({ title, note, spoken, days, axis, tips, children }: {
  title: string;
  note: string;
  /** What a screen reader says instead of the picture. */
  spoken: string;
  days: readonly DashboardDay[];
  axis: Axis;
  /** What a day tells when it is pointed at. */
  tips: (day: DashboardDay) => string;
  children: ComponentChildren;
}): JSX.Element {
  const grid = axis.marks.map((mark) => `M0 ${toY(axis, mark)}H${WIDTH}`).join("");
  const place = WIDTH / days.length;
  const named = [days[0], days[Math.floor((days.length - 1) / 2)], days.at(-1)];
  return (
    <figure class="panel">
      <figcaption class="panel-head roomy">
        <h2>{title}</h2>
        <span class="panel-note num">{note}</span>
      </figcaption>
      <div class="day-plot">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={spoken}>
          <path class="day-grid" d={grid} vector-effect="non-scaling-stroke" />
          {children}
          {days.map((day, i) => (
            <rect key={day.day} class="day-hit" x={round(i * place)} y="0" width={round(place)} height={HEIGHT}>
              <title>{`${dayText(day.day)}: ${tips(day)}`}</title>
            </rect>
          ))}
        </svg>
        <ol class="day-marks" aria-hidden="true">
          {axis.marks.toReversed().map((mark) => <li key={mark}>{shortNumber(mark)}</li>)}
        </ol>
        <ol class="day-names" aria-hidden="true">
          {named.map((day) => day && <li key={day.day}>{dayText(day.day)}</li>)}
        </ol>
      </div>
    </figure>
  );
}

function Figures({ days }: { days: readonly DashboardDay[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <table class="table dense-rows">
      <thead>
        <tr>
          <th scope="col">{t("money.day")}</th>
          <th scope="col" class="num">{t("money.aum")}</th>
          <th scope="col" class="num">{t("money.in")}</th>
          <th scope="col" class="num">{t("money.out")}</th>
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map((day) => (
          <tr key={day.day}>
            <th scope="row">{dayText(day.day)}</th>
            <td class="num">{formatEur(day.aum_eur) ?? t("live.no_data")}</td>
            <td class="num">{formatEur(day.subscribed_eur)}</td>
            <td class="num">{formatEur(day.redeemed_eur)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function netOf({ subscribed_eur, redeemed_eur }: DashboardDay): string {
  return addDecimals(subscribed_eur, `-${redeemed_eur}`);
}

function toY({ low, high }: Axis, value: number): number {
  return round(HEIGHT * (1 - (value - low) / (high - low)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Days are UTC's, whatever the reader's zone. */
function dayText(day: string): string {
  return formatDate(Date.parse(day), useTexts().locale, "UTC").replace(/ \d{4}$/, "");
}
