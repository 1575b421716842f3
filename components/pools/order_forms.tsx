import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { ALL_UNITS, type Investment } from "../../lib/pools/investment_shapes.ts";
import { formatMoney, formatRate, formatUnitPrice, formatUnits } from "../../lib/pools/format.ts";
import { formatDealing } from "../../lib/pools/pool_dates.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { HoldCheck, holdOf } from "../ledger/hold_check.tsx";
import { NoData } from "../market/price.tsx";
import { Line } from "./figures.tsx";
import { ModeChip } from "./mode_chip.tsx";
import { activeLots, nameOf } from "./pool_state.ts";

/** Characters of an amount or of a number of units. */
const FIGURE_LENGTH_MAX = 34;

export interface OrderFormProps {
  detail: PoolDetail;
  isPaper: boolean;
  /** Makes the order once, however often the form is sent. */
  clientId: string;
}

/** Puts money in at the next settlement. */
export function SubscribeForm(
  { detail, isPaper, clientId, available, amount = "" }: OrderFormProps & {
    /** What the wallet has to spend; null when that is not known. */
    available: string | null;
    /** As typed before. */
    amount?: string;
  },
): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  const { pool, cycle } = detail;
  return (
    <form action={`/pools/${pool.id}/subscribe`} method="post" class="form order-form" {...holdOf(isPaper)}>
      <Hidden values={{ client_id: clientId }} />
      <div class="field">
        <span class="field-line">
          <label class="field-label" for={id}>{t("pools.amount")}</label>
          <span class="field-hint">
            {t("pools.available", { amount: formatMoney(available, pool.currency) ?? t("live.no_data") })}
          </span>
        </span>
        <span class="input-unit">
          <input
            type="text"
            id={id}
            name="amount"
            value={amount}
            inputMode="decimal"
            maxLength={FIGURE_LENGTH_MAX}
            autocomplete="off"
            spellcheck={false}
            required
            autofocus
            placeholder={pool.minimum}
            aria-describedby={`${id}-hint`}
          />
          <span aria-hidden="true">{pool.currency}</span>
        </span>
        <span class="field-hint" id={`${id}-hint`}>
          {t("pools.minimum_is", { amount: formatMoney(pool.minimum, pool.currency) ?? pool.minimum })}
        </span>
      </div>
      <dl class="lines order-lines">
        <Line name={t("pool.unit_price")}>{formatUnitPrice(pool.unit_price, pool.currency) ?? <NoData />}</Line>
        <Line name={t("pools.cycle")}>
          <Dealing at={cycle?.ends_at ?? null} />
        </Line>
        <Line name={t("pools.accepts_until")}>
          <Dealing at={cycle?.cutoff_at ?? null} />
        </Line>
        <Line name={t("pool.fee_title")}>{formatRate(cycle?.manager_fee_percent ?? pool.manager_fee_percent)}</Line>
      </dl>
      <p class="side-note">{t("pools.subscribe_note")}</p>
      {!isPaper && <HoldCheck />}
      <Submit look="primary" text={t("pools.subscribe_submit")} isPaper={isPaper} />
    </form>
  );
}

/** Takes units of one lot out at the next settlement. */
export function RedeemForm(
  { detail, isPaper, clientId, chosen = null, units = "" }: OrderFormProps & {
    /** The lot that is chosen at first. */
    chosen?: string | null;
    /** As typed before. */
    units?: string;
  },
): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  const { pool, cycle } = detail;
  const lots = activeLots(detail);
  const first = lots.find((lot) => lot.id === chosen) ?? lots[0];
  return (
    <form action={`/pools/${pool.id}/redeem`} method="post" class="form order-form" {...holdOf(isPaper)}>
      <Hidden values={{ client_id: clientId }} />
      <fieldset class="lot-choice">
        <legend class="field-label">{t("pool.lot")}</legend>
        {lots.map((lot) => (
          <label key={lot.id}>
            <input
              type="radio"
              name="investment_id"
              value={lot.id}
              checked={lot.id === first?.id}
              autofocus={lot.id === first?.id}
              required
            />
            <code>{nameOf(lot)}</code>
            <span class="num">{unitsText(t, lot)}</span>
            <span class="num">{formatMoney(lot.value, lot.currency) ?? <NoData />}</span>
          </label>
        ))}
      </fieldset>
      <div class="field">
        <label class="field-label" for={id}>{t("pool.units")}</label>
        <input
          type="text"
          id={id}
          name="units"
          value={units}
          inputMode="decimal"
          maxLength={FIGURE_LENGTH_MAX}
          autocomplete="off"
          spellcheck={false}
          placeholder={t("pools.all_units")}
          aria-describedby={`${id}-hint`}
        />
        <span class="field-hint" id={`${id}-hint`}>{t("pools.units_hint")}</span>
      </div>
      <dl class="lines order-lines">
        <Line name={t("pool.unit_price")}>{formatUnitPrice(pool.unit_price, pool.currency) ?? <NoData />}</Line>
        <Line name={t("pools.cycle")}>
          <Dealing at={cycle?.ends_at ?? null} />
        </Line>
      </dl>
      <p class="side-note">{t("pools.redeem_note")}</p>
      {!isPaper && <HoldCheck />}
      <Submit look="outline" text={t("pools.redeem_submit")} isPaper={isPaper} />
    </form>
  );
}

/** What a form's units mean to the database: all of them where nothing was typed. */
export function typedUnits(text: string): string {
  return text === "" ? ALL_UNITS : text;
}

function unitsText(t: ReturnType<typeof useTexts>["t"], { units }: Investment): string {
  return t("pools.units_of", { units: formatUnits(units) ?? t("live.no_data") });
}

function Dealing({ at }: { at: string | null }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  if (at === null) return <>{t("pools.when_forced")}</>;
  return <time dateTime={at}>{formatDealing(Date.parse(at), locale, timeZone)}</time>;
}

function Submit({ look, text, isPaper }: { look: "primary" | "outline"; text: string; isPaper: boolean }): JSX.Element {
  const { t } = useTexts();
  return (
    <button type="submit" class={`button ${look} order-submit`}>
      <span>{text}</span>
      <small>
        <ModeChip isPaper={isPaper} /> {isPaper ? t("pools.paper_note") : t("pools.real_note")}
      </small>
    </button>
  );
}
