import type { JSX } from "preact";
import { formatMoney, formatUnitPrice, formatUnits } from "../../lib/pools/format.ts";
import type { Investment, InvestmentHistory, PoolRequest } from "../../lib/pools/investment_shapes.ts";
import { formatDealing } from "../../lib/pools/pool_dates.ts";
import type { ValuePoint } from "../../lib/pools/value_chart.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { BackIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText, Metric, PercentText } from "./figures.tsx";
import { HistoryPanel } from "./history_panel.tsx";
import { CancelForm, InvestmentTag } from "./investment_tags.tsx";
import { ModeChip } from "./mode_chip.tsx";
import { chartLots, nameOf } from "./pool_state.ts";
import { requestText } from "./pool_text.ts";

export interface InvestmentPageProps extends Said {
  investment: Investment;
  requests: readonly PoolRequest[];
  history: InvestmentHistory;
  isPaper: boolean;
  nowMs: number;
}

/** One purchase: what became of it since. */
export function InvestmentPage(
  { investment, requests, history, isPaper, nowMs, error, done }: InvestmentPageProps,
): JSX.Element {
  const { t } = useTexts();
  const { currency, status } = investment;
  const points: ValuePoint[] = history.items.map(({ at, value }) => ({ t: Date.parse(at), v: Number(value) }));
  const bought = chartLots([investment]).flatMap((lot) => points[0] === undefined ? [] : [{ ...lot, v: points[0].v }]);
  return (
    <div class="investments-page">
      <SessionGuard />
      <a class="pool-back always" href="/investments">
        <BackIcon /> {t("pools.my_investments")}
      </a>
      <Head investment={investment} requests={requests} isPaper={isPaper} />
      <Notices error={error} done={done} />
      {status === "queued" || status === "cancelled" || status === "refused"
        ? <Unbought investment={investment} requests={requests} />
        : (
          <HistoryPanel
            title={t("invest.value_over_time")}
            lead={t("invest.value_lead", { currency })}
            points={points}
            lots={bought}
            currency={currency}
            nowMs={nowMs}
          />
        )}
      <Changes history={history} currency={currency} />
      <Requests requests={requests} currency={currency} id={investment.id} />
    </div>
  );
}

function Head(
  { investment, requests, isPaper }: Pick<InvestmentPageProps, "investment" | "requests" | "isPaper">,
): JSX.Element {
  const { t } = useTexts();
  const { id, pool_id, pool_name, currency, status, amount } = investment;
  const waiting = requests.find((request) => request.id === id && request.cancellable);
  return (
    <header class="panel pool-head">
      <div class="pool-title">
        <h1>
          {pool_name}
          {nameOf(investment) !== null && <code class="lot-name">{nameOf(investment)}</code>}
        </h1>
        <p class="pool-about">
          <InvestmentTag status={status} />
          <a href={`/pools/${pool_id}`}>{t("invest.see_pool")}</a>
          <ModeChip isPaper={isPaper} />
        </p>
      </div>
      <div class="pool-acts">
        {status === "active" && (
          <a class="button outline large" href={`/pools/${pool_id}/redeem?${new URLSearchParams({ lot: id })}`}>
            {t("pool.redeem")}
          </a>
        )}
        {waiting !== undefined && <CancelForm requestId={id} next={`/investments/${id}`} />}
      </div>
      <dl class="pool-metrics">
        <Metric name={t("invest.paid_in")}>{formatMoney(amount, currency) ?? <NoData />}</Metric>
        <Metric name={t("pool.value")}>{formatMoney(investment.value, currency) ?? "–"}</Metric>
        <Metric name={t("pool.gain")}>
          {investment.gain === null ? "–" : <GainText value={investment.gain} currency={currency} />}
        </Metric>
        <Metric name={t("invest.gain_percent")}>
          {investment.gain_percent === null ? "–" : <PercentText value={investment.gain_percent} />}
        </Metric>
        <Metric name={t("pool.units")}>{formatUnits(investment.units) ?? "–"}</Metric>
        <Metric name={t("pool.bought_at")}>{formatUnitPrice(investment.price_bought, currency) ?? "–"}</Metric>
        <Metric name={t("pool.mark")}>{formatUnitPrice(investment.mark, currency) ?? "–"}</Metric>
        <Metric name={t("pool.fee_paid")}>{formatMoney(investment.fees_paid, currency) ?? "–"}</Metric>
        <Metric name={t("invest.redeemed")}>{formatMoney(investment.amount_redeemed, currency) ?? "–"}</Metric>
      </dl>
    </header>
  );
}

/** What was asked for and is not, or never became, a lot. */
function Unbought({ investment, requests }: Pick<InvestmentPageProps, "investment" | "requests">): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const request = requests.find(({ id }) => id === investment.id);
  const settles = request?.settles_at ?? null;
  return (
    <section class="panel">
      <p class="empty">
        {investment.status === "queued"
          ? settles === null
            ? t("invest.queued_manual")
            : t("invest.queued_until", { at: formatDealing(Date.parse(settles), locale, timeZone) })
          : investment.status === "refused" && investment.reason === "kyc_required"
          ? t("invest.was_refused_kyc")
          : t(`invest.was_${investment.status === "refused" ? "refused" : "cancelled"}`)}
      </p>
    </section>
  );
}

/** What changed its units, newest first. */
function Changes({ history, currency }: { history: InvestmentHistory; currency: string }): JSX.Element | null {
  const { t, locale, timeZone } = useTexts();
  const changes = history.items.filter(({ kind }) => kind !== null).toReversed();
  if (changes.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="changes-title">
      <div class="panel-head">
        <h2 id="changes-title">{t("invest.changes")}</h2>
      </div>
      <div class="scroll-x" tabIndex={0} role="region" aria-labelledby="changes-title">
        <table class="table plain">
          <thead>
            <tr>
              <th scope="col">{t("invest.when")}</th>
              <th scope="col">{t("invest.what")}</th>
              <th scope="col" class="num">{t("pool.unit_price")}</th>
              <th scope="col" class="num">{t("invest.units_after")}</th>
              <th scope="col" class="num">{t("pool.value")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ at, kind, unit_price, units, value }) => (
              <tr key={`${at}${kind}`}>
                <td class="quiet">
                  <time dateTime={at}>{formatDealing(Date.parse(at), locale, timeZone)}</time>
                </td>
                <td>{changeText(t, kind)}</td>
                <td class="num">{formatUnitPrice(unit_price, currency) ?? <NoData />}</td>
                <td class="num">{formatUnits(units) ?? <NoData />}</td>
                <td class="num">{formatMoney(value, currency) ?? <NoData />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function changeText(t: ReturnType<typeof useTexts>["t"], kind: string | null): string {
  if (kind === "bought" || kind === "charged" || kind === "redeemed") return t(`invest.kind_${kind}`);
  return t("invest.kind_other");
}

/** What was asked for and what came of it. */
function Requests(
  { requests, currency, id }: { requests: readonly PoolRequest[]; currency: string; id: string },
): JSX.Element | null {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  if (requests.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="requests-title">
      <div class="panel-head">
        <h2 id="requests-title">{t("invest.requests")}</h2>
      </div>
      <ul class="waiting-list">
        {requests.map((request) => (
          <li key={request.id}>
            <div>
              {requestText(texts, request, currency)}
              <p class="sub">{formatDealing(Date.parse(request.requested_at), locale, timeZone)}</p>
            </div>
            <span class="num">
              {request.amount_settled === null ? "" : formatMoney(request.amount_settled, currency)}
            </span>
            {request.cancellable && request.id !== id
              ? <CancelForm requestId={request.id} next={`/investments/${id}`} />
              : <span class="quiet">{t(`invest.request_${request.status}`)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
