import type { JSX } from "preact";
import { plural } from "../../lib/kernel/i18n.ts";
import type { Dashboard } from "../../lib/admin/dashboard.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { directionOf, formatMoney, formatSignedMoney } from "../../lib/pools/format.ts";
import { Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";

/** Rows on the page: the API tells more. */
const LAST_SHOWN_MAX = 6;

type Settlement = Dashboard["settlement"];

/** How settlements go: those that are late, adapters that fail, and the last ones that were done. */
export function SettlementFacts({ settlement }: { settlement: Settlement }): JSX.Element {
  const { t } = useTexts();
  const { overdue, failing, last } = settlement;
  return (
    <>
      {(overdue.length > 0 || failing.length > 0) && <Troubles settlement={settlement} />}
      <Section title={t("money.last_settlements")}>
        {last.length === 0
          ? <p class="quiet">{t("money.settlements_none")}</p>
          : <Last rows={last.slice(0, LAST_SHOWN_MAX)} />}
      </Section>
    </>
  );
}

function Troubles({ settlement: { overdue, failing } }: { settlement: Settlement }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const when = (at: string | null) => at === null ? t("admin.never") : formatDayTime(Date.parse(at), locale, timeZone);
  return (
    <Section title={t("money.troubles")}>
      <ul class="rows">
        {overdue.map(({ pool_id, name, no, ends_at, attempts, last_error }) => (
          <li key={`due${pool_id}`} class="row">
            <div>
              <a href={`/admin/pools/${pool_id}`}>{name}</a>
              <div class="sub">{t("money.cycle_ended", { no, date: when(ends_at) })}</div>
            </div>
            <div class="row-side">
              <span class="tag bad">{plural(locale, "money.attempts", attempts)}</span>
              {last_error !== null && <code class="sub">{last_error}</code>}
            </div>
          </li>
        ))}
        {failing.map(({ pool_id, name, error, checked_at }) => (
          <li key={`bad${pool_id}`} class="row">
            <div>
              <a href={`/admin/pools/${pool_id}`}>{name}</a>
              <div class="sub">{t("money.checked", { date: when(checked_at) })}</div>
            </div>
            <div class="row-side">
              <span class="tag bad">{t("money.adapter_failing")}</span>
              {error !== null && <code class="sub">{error}</code>}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Last({ rows }: { rows: Settlement["last"] }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <table class="table tall stacked inset">
      <thead>
        <tr>
          <th scope="col">{t("money.pool")}</th>
          <th scope="col">{t("money.settled")}</th>
          <th scope="col" class="num">{t("money.pnl")}</th>
          <th scope="col" class="num">{t("money.fee")}</th>
          <th scope="col" class="num">{t("money.took")}</th>
          <th scope="col">{t("money.last_error")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ pool_id, name, currency, no, settled_at, took_s, forced, attempts, last_error, pnl, fee }) => (
          <tr key={`${pool_id} ${no}`}>
            <td>
              <a href={`/admin/pools/${pool_id}`}>{name}</a> <span class="sub inline">{t("money.no", { no })}</span>
            </td>
            <td data-label={t("money.settled")}>{formatDayTime(Date.parse(settled_at), locale, timeZone)}</td>
            <td class={`num ${directionOf(pnl)}`} data-label={t("money.pnl")}>
              {formatSignedMoney(pnl, currency) ?? "–"}
            </td>
            <td class="num" data-label={t("money.fee")}>{formatMoney(fee, currency) ?? "–"}</td>
            <td class="num" data-label={t("money.took")}>
              {took_s === null ? "–" : t("money.seconds", { count: formatDecimal(took_s, 1) ?? took_s })}
              {forced && <span class="sub inline">{t("money.forced")}</span>}
            </td>
            <td data-label={t("money.last_error")}>
              {last_error === null ? "–" : <code>{last_error}</code>}{" "}
              {attempts > 1 && <span class="sub inline">{plural(locale, "money.attempts", attempts)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
