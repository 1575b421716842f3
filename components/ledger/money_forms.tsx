import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Deposit } from "../../lib/ledger/deposit_shapes.ts";
import { amountText } from "../../lib/ledger/money.ts";
import type { Asset } from "../../lib/ledger/wallet_shapes.ts";
import { DESTINATION_LENGTH } from "../../lib/ledger/withdrawal_shapes.ts";
import { Choice, Field, Hidden } from "../accounts/parts.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { HoldCheck, holdOf } from "./hold_check.tsx";

/** Why nothing may leave, where that is known before somebody asks. */
export interface WithdrawalBar {
  isVerified: boolean;
  /** RFC 3339; null where nothing is frozen. */
  frozenUntil: string | null;
}

/** An amount and its asset, side by side. */
export function AmountFields({ assets, asset }: { assets: readonly Asset[]; asset: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <>
      <Field label={t("wallet.amount")} name="amount" inputMode="decimal" maxLength={34} autocomplete="off" />
      <Choice
        label={t("wallet.asset")}
        name="asset"
        value={asset}
        options={assets.map((each) => [each.asset, each.asset])}
      />
    </>
  );
}

/** Asks for money to leave, or says why none may. */
export function WithdrawPanel({ assets, asset, clientId, isVerified, frozenUntil, isPaper }: WithdrawalBar & {
  assets: readonly Asset[];
  asset: string;
  clientId: string;
  /** Whether the money is none. */
  isPaper: boolean;
}): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <section class="panel" aria-labelledby="withdraw">
      <div class="panel-head">
        <h2 id="withdraw">{t("withdrawals.form")}</h2>
        <a class="panel-note" href="/withdrawals">{t("withdrawals.all")}</a>
      </div>
      {!isVerified ? <p class="empty">{t("withdrawals.kyc")}</p> : frozenUntil !== null
        ? (
          <p class="empty">
            {t("withdrawals.frozen", { date: formatDayTime(Date.parse(frozenUntil), locale, timeZone) })}
          </p>
        )
        : (
          <form action="/wallet/withdraw" method="post" class="faucet-form" data-step-up="fresh" {...holdOf(isPaper)}>
            <Hidden values={{ client_id: clientId }} />
            <p class="quiet">{t("withdrawals.lead")}</p>
            <AmountFields assets={assets} asset={asset} />
            <DestinationField />
            {!isPaper && <HoldCheck />}
            <button type="submit" class="button primary">{t("withdrawals.request")}</button>
          </form>
        )}
    </section>
  );
}

/** Where money goes. `asset` is the form's where it offers no choice of them. */
export function DestinationField({ value, asset = null }: { value?: string; asset?: string | null }): JSX.Element {
  const { t } = useTexts();
  return (
    <Island name="destination_check" props={{ asset, wrong: t("withdrawals.destination_wrong") }}>
      <Field
        label={t("withdrawals.destination")}
        name="destination"
        hint={t("withdrawals.destination_hint")}
        minLength={DESTINATION_LENGTH.min}
        maxLength={DESTINATION_LENGTH.max}
        autocomplete="off"
        {...(value === undefined ? {} : { value })}
      />
    </Island>
  );
}

/** Pays money in; what has been begun is listed. */
export function DepositPanel({ assets, asset, clientId, waiting }: {
  assets: readonly Asset[];
  asset: string;
  clientId: string;
  /** Deposits that wait to be paid. */
  waiting: readonly Deposit[];
}): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel" aria-labelledby="deposit">
      <div class="panel-head">
        <h2 id="deposit">{t("wallet.deposit")}</h2>
      </div>
      <form action="/wallet/deposit" method="post" class="faucet-form">
        <Hidden values={{ client_id: clientId }} />
        <p class="quiet">{t("wallet.deposit_lead")}</p>
        <AmountFields assets={assets} asset={asset} />
        <button type="submit" class="button secondary">{t("wallet.deposit_go")}</button>
      </form>
      {waiting.length > 0 && (
        <ul class="rows padded">
          {waiting.map((deposit) => (
            <li key={deposit.id} class="row">
              <a href={`/wallet/deposits/${deposit.id}`}>
                {t("wallet.deposit_pay", { amount: amountText(deposit.amount, deposit.asset) })}
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
