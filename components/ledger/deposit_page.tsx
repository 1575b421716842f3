import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Deposit } from "../../lib/ledger/deposit_shapes.ts";
import { amountText } from "../../lib/ledger/money.ts";
import { TaskCard } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";

/** One deposit, and the way to pay it: a link, because a form's redirects may not leave the site. */
export function DepositPage({ deposit }: { deposit: Deposit }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const amount = amountText(deposit.amount, deposit.asset);
  return (
    <>
      <SessionGuard />
      <TaskCard title={`${t("wallet.deposit_title")} ${amount}`} lead={stateText(texts, deposit)}>
        {deposit.checkout_url !== null && (
          <>
            <a class="button primary" href={deposit.checkout_url} rel="noreferrer">
              {t("wallet.deposit_pay", { amount })}
            </a>
            <p class="quiet">{t("wallet.deposit_leave")}</p>
            <a class="button outline" href={`/wallet/deposits/${deposit.id}`}>{t("wallet.deposit_reload")}</a>
          </>
        )}
        <a class="button outline" href="/wallet">{t("wallet.back")}</a>
      </TaskCard>
    </>
  );
}

function stateText({ t, locale, timeZone }: Texts, { status, expires_at, paid_at }: Deposit): string {
  const dateOf = (at: string) => formatDayTime(Date.parse(at), locale, timeZone);
  if (status === "paid" && paid_at !== null) return t("wallet.deposit_paid", { date: dateOf(paid_at) });
  return status === "expired" ? t("wallet.deposit_expired") : t("wallet.deposit_waiting", { date: dateOf(expires_at) });
}
