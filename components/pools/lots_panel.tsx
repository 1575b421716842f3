import type { ComponentChildren, JSX } from "preact";
import { missingPercent, sumOf } from "../../lib/pools/figures.ts";
import { directionOf, formatMoney, formatSignedPercent, formatUnitPrice, formatUnits } from "../../lib/pools/format.ts";
import type { Investment } from "../../lib/pools/investment_shapes.ts";
import { formatDay } from "../../lib/pools/pool_dates.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText } from "./figures.tsx";
import { MarkBar, type MarkScale, markScale } from "./mark_bar.tsx";
import { activeLots, nameOf } from "./pool_state.ts";

/** What a column tells, and how it looks. */
const COLUMNS = [
  ["pool.lot", ""],
  ["pool.bought", ""],
  ["pool.units", "num"],
  ["pool.bought_at", "num"],
  ["pool.mark", "num"],
  ["pool.against_mark", "bar-cell"],
  ["pool.value", "num"],
  ["pool.gain", "num"],
  ["pool.new_profit", "num"],
  ["pool.fee_now", "num"],
] as const;

/** The signs of {@link MarkBar}. */
const LEGEND = [
  ["pool.bought", "bought-mark"],
  ["pool.mark", "mark-mark"],
  ["pool.now", "now-mark"],
  ["pool.new_profit", "profit-mark"],
] as const;

/** One's lots in a pool: what each is worth, and where it stands against its own high-water mark. */
export function LotsPanel({ detail }: { detail: PoolDetail }): JSX.Element | null {
  const { t } = useTexts();
  const lots = activeLots(detail);
  if (detail.mine === null || lots.length === 0) return null;
  const scale = markScale(lots);
  return (
    <section class="panel lots-panel" aria-labelledby="lots-title">
      <div class="panel-head">
        <h2 id="lots-title">{t("pool.my_lots")}</h2>
        <span class="count">{lots.length}</span>
        <ul class="legend panel-end">
          {LEGEND.map(([key, look]) => (
            <li key={key}>
              <span class={`swatch ${look}`} /> {t(key)}
            </li>
          ))}
        </ul>
      </div>
      <table class="table lots">
        <thead>
          <tr>{COLUMNS.map(([key, look]) => <th key={key} scope="col" class={look}>{t(key)}</th>)}</tr>
        </thead>
        <tbody>{lots.map((lot) => <LotRow key={lot.id} lot={lot} scale={scale} />)}</tbody>
        {lots.length > 1 && <Totals lots={lots} currency={detail.pool.currency} />}
      </table>
    </section>
  );
}

/** A figure; on a phone its column's name stands before it. */
function Cell({ at, look = "", children }: { at: number; look?: string; children: ComponentChildren }): JSX.Element {
  const [key] = COLUMNS[at] ?? COLUMNS[0];
  return <td class={`num ${look}`} data-label={useTexts().t(key)}>{children ?? <NoData />}</td>;
}

function LotRow({ lot, scale }: { lot: Investment; scale: MarkScale }): JSX.Element {
  const { locale, timeZone } = useTexts();
  const { currency, bought_at } = lot;
  return (
    <tr>
      <th scope="row">
        <a href={`/investments/${lot.id}`}>
          <code>{nameOf(lot)}</code>
        </a>
      </th>
      <td class="quiet lot-when">
        {bought_at !== null && <time dateTime={bought_at}>{formatDay(Date.parse(bought_at), locale, timeZone)}</time>}
      </td>
      <Cell at={2}>{formatUnits(lot.units)}</Cell>
      <Cell at={3}>{formatUnitPrice(lot.price_bought, currency)}</Cell>
      <Cell at={4} look="lot-mark">{formatUnitPrice(lot.mark, currency)}</Cell>
      <td class="bar-cell">
        <MarkBar lot={lot} scale={scale} />
      </td>
      <Sums lot={lot} currency={currency} />
    </tr>
  );
}

/** The columns that add up. */
function Sums(
  { lot, currency }: {
    lot: Pick<Investment, "value" | "gain" | "new_profit" | "fee_now" | "unit_price" | "mark" | "currency">;
    currency: string;
  },
): JSX.Element {
  return (
    <>
      <Cell at={6} look="lot-value">{formatMoney(lot.value, currency)}</Cell>
      <Cell at={7} look="lot-gain">
        <GainText value={lot.gain} currency={currency} />
      </Cell>
      <Cell at={8}>
        <NewProfit lot={lot} />
      </Cell>
      <Cell at={9} look={isNothing(lot.fee_now) ? "quiet" : "strong"}>{formatMoney(lot.fee_now, currency)}</Cell>
    </>
  );
}

/** The profit a fee is due on, or what a unit has to gain before there is any. */
function NewProfit(
  { lot: { new_profit, unit_price, mark, currency } }: {
    lot: Pick<Investment, "new_profit" | "unit_price" | "mark" | "currency">;
  },
): JSX.Element {
  const { t } = useTexts();
  if (!isNothing(new_profit)) return <>{formatMoney(new_profit, currency) ?? <NoData />}</>;
  // A sum has no mark of its own.
  if (unit_price === null || mark === null) return <>{formatMoney(new_profit, currency)}</>;
  const missing = missingPercent(unit_price, mark);
  const percent = formatSignedPercent(missing);
  if (percent === null || directionOf(missing) !== "up") return <span class="quiet">{t("pool.at_mark")}</span>;
  return <span class="quiet">{t("pool.needs", { percent })}</span>;
}

function Totals({ lots, currency }: { lots: readonly Investment[]; currency: string }): JSX.Element {
  const total = (read: (lot: Investment) => string | null) => sumOf(lots.map(read));
  const sums = {
    currency,
    value: total(({ value }) => value),
    gain: total(({ gain }) => gain),
    new_profit: total(({ new_profit }) => new_profit),
    fee_now: total(({ fee_now }) => fee_now),
    unit_price: null,
    mark: null,
  };
  return (
    <tfoot>
      <tr>
        <th scope="row">{useTexts().t("pool.total")}</th>
        <td class="lot-when" />
        <Cell at={2}>{formatUnits(total(({ units }) => units))}</Cell>
        <td class="lot-gap" colSpan={3} />
        <Sums lot={sums} currency={currency} />
      </tr>
    </tfoot>
  );
}

function isNothing(value: string | null): boolean {
  return directionOf(value) === "flat";
}
