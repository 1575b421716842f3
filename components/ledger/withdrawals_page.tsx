import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { destinationText } from "../../lib/ledger/iban.ts";
import { amountText, formatEur } from "../../lib/ledger/money.ts";
import type { Withdrawal, WithdrawalsPage as Page } from "../../lib/ledger/withdrawal_shapes.ts";
import { Field, Hidden, Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { StepUpDialog } from "../accounts/step_up_dialog.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";
import { HoldCheck, holdOf } from "./hold_check.tsx";
import { DestinationField } from "./money_forms.tsx";

const PATH = "/withdrawals";

/** Reasons the database gives itself; others are an administrator's own words. */
const REASONS = ["insufficient_funds", "redemption_cancelled"] as const;

/** One's withdrawals, newest first, and what can still be done about them. */
export function WithdrawalsPage({ page, isFirst, newId, ...said }: Said & {
  page: Page;
  isFirst: boolean;
  /** Makes an id for each form of the page: sent twice, it is done once. */
  newId: () => string;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="wallet-page">
      <SessionGuard />
      <header class="panel wallet-head">
        <h1>{t("withdrawals.title")}</h1>
        <a class="button outline" href="/wallet#withdraw">{t("withdrawals.form")}</a>
      </header>
      <Notices {...said} />
      <section class="panel scroll-x">
        {page.items.length === 0 ? <p class="empty">{t("withdrawals.none")}</p> : (
          <table class="table tall stacked">
            <thead>
              <tr>
                <th scope="col">{t("withdrawals.requested")}</th>
                <th scope="col" class="num">{t("wallet.amount")}</th>
                <th scope="col" class="num">{t("wallet.value")}</th>
                <th scope="col">{t("withdrawals.destination")}</th>
                <th scope="col">{t("withdrawals.state")}</th>
                <th scope="col"></th>
              </tr>
            </thead>
            <tbody>{page.items.map((each) => <Row key={each.id} withdrawal={each} newId={newId} />)}</tbody>
          </table>
        )}
        {(page.next_cursor !== null || !isFirst) && (
          <nav class="panel-foot statement-foot" aria-label={t("withdrawals.title")}>
            {!isFirst && <a class="button secondary" href={PATH}>{t("withdrawals.newest")}</a>}
            {page.next_cursor !== null && (
              <a
                class="button secondary"
                href={`${PATH}?${new URLSearchParams({ cursor: page.next_cursor })}`}
                rel="next"
              >
                {t("withdrawals.older")}
              </a>
            )}
          </nav>
        )}
      </section>
    </div>
  );
}

function Row({ withdrawal, newId }: { withdrawal: Withdrawal; newId: () => string }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { id, asset, amount, eur, destination, requested_at, cancellable, changeable } = withdrawal;
  const of = { amount: amountText(amount, asset) };
  const reason = reasonText(texts, withdrawal);
  return (
    <tr>
      <td data-label={t("withdrawals.requested")}>
        <time dateTime={requested_at}>{formatDayTime(Date.parse(requested_at), locale, timeZone)}</time>
      </td>
      <td class="num" data-label={t("wallet.amount")}>{of.amount}</td>
      <td class="num" data-label={t("wallet.value")}>{formatEur(eur)}</td>
      <td class="destination" data-label={t("withdrawals.destination")}>{destinationText(destination, asset)}</td>
      <td data-label={t("withdrawals.state")}>
        {t(`withdrawals.status_${withdrawal.status}`)}
        {reason !== null && <div class="sub">{reason}</div>}
      </td>
      <td class="row-actions">
        <div class="decisions">
          {changeable && (
            <a class="button outline" href={`${PATH}/${id}`} aria-label={t("withdrawals.change_of", of)}>
              {t("withdrawals.change")}
            </a>
          )}
          {cancellable && (
            <form action={`${PATH}/${id}/cancel`} method="post" class="plain-form">
              <Hidden values={{ client_id: newId() }} />
              <button type="submit" class="button outline" aria-label={t("withdrawals.cancel_of", of)}>
                {t("withdrawals.cancel")}
              </button>
            </form>
          )}
        </div>
      </td>
    </tr>
  );
}

/** Why a withdrawal ended as it did, in the reader's language where the words are ours. */
function reasonText({ t }: Texts, { status, reason }: Withdrawal): string | null {
  const known = status === "cancelled" ? REASONS.find((each) => each === reason) : undefined;
  return known === undefined ? reason : t(`withdrawals.reason_${known}`);
}

/** Changes amount or destination of a withdrawal. */
export function ChangeWithdrawalPage({ withdrawal, clientId, isPaper, ...said }: Said & {
  withdrawal: Withdrawal;
  clientId: string;
  /** Whether the money is none. */
  isPaper: boolean;
}): JSX.Element {
  const { t } = useTexts();
  const { id, asset, amount, destination, changeable } = withdrawal;
  return (
    <div class="wallet-page">
      <SessionGuard />
      <header class="panel wallet-head">
        <h1>{t("withdrawals.change_title")}</h1>
        <a class="button outline" href={PATH}>{t("withdrawals.all")}</a>
      </header>
      <Notices {...said} />
      <section class="panel">
        {!changeable ? <p class="empty">{t(`withdrawals.status_${withdrawal.status}`)}</p> : (
          <form
            action={`${PATH}/${id}/change`}
            method="post"
            class="form change-form"
            data-step-up="fresh"
            {...holdOf(isPaper)}
          >
            <Hidden values={{ client_id: clientId }} />
            <p class="quiet">{t("withdrawals.change_lead")}</p>
            <Field
              label={`${t("wallet.amount")} (${asset})`}
              name="amount"
              value={amount}
              inputMode="decimal"
              maxLength={34}
              autocomplete="off"
            />
            <DestinationField value={destinationText(destination, asset)} asset={asset} />
            {!isPaper && <HoldCheck />}
            <div class="actions">
              <button type="submit" class="button primary">{t("withdrawals.save")}</button>
            </div>
          </form>
        )}
      </section>
      <StepUpDialog />
    </div>
  );
}
