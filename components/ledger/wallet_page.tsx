import type { JSX } from "preact";
import { formatAmount, formatEur, totalEur } from "../../lib/ledger/money.ts";
import type { Asset, Statement, ValuedBalance, ValuedWallet } from "../../lib/ledger/wallet_shapes.ts";
import type { Deposit } from "../../lib/ledger/deposit_shapes.ts";
import { Hidden, Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { StepUpDialog } from "../accounts/step_up_dialog.tsx";
import { FlaskIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { AmountFields, DepositPanel, type WithdrawalBar, WithdrawPanel } from "./money_forms.tsx";
import { StatementPanel } from "./statement_panel.tsx";

/** Euros nobody has had yet: that much is known. */
const NO_EUROS: ValuedBalance = { asset: "EUR", scale: 2, available: "0", held: "0", eur: "0" };

export interface WalletPageProps extends Said {
  wallet: ValuedWallet;
  /** Of {@link WalletPageProps.asset}. */
  statement: Statement;
  asset: string;
  /** All there are, EUR first. */
  assets: readonly Asset[];
  /** The form for play money; null outside local mode. */
  faucet: { clientId: string } | null;
  withdrawal: WithdrawalBar & { clientId: string; isPaper: boolean };
  /** The form to pay in; null where there is nobody to pay to. */
  deposit: { clientId: string; waiting: readonly Deposit[] } | null;
  /** Whether the statement's newest lines are shown. */
  isFirst: boolean;
}

/** One's money: what there is, what it is worth, and what moved it. */
export function WalletPage(
  { wallet, statement, asset, assets, faucet, withdrawal, deposit, isFirst, ...said }: WalletPageProps,
): JSX.Element {
  const { t } = useTexts();
  const { balances } = wallet;
  const shown = balances.some((balance) => balance.asset === "EUR") ? balances : [NO_EUROS, ...balances];
  const scale = assets.find((each) => each.asset === asset)?.scale ?? 0;
  return (
    <div class="wallet-page">
      <SessionGuard />
      <header class="panel wallet-head">
        <h1>{t("wallet.title")}</h1>
        <dl class="wallet-worth">
          <dt>{t("wallet.worth")}</dt>
          <dd>{formatEur(totalEur(shown)) ?? <NoData />}</dd>
        </dl>
      </header>
      <Notices {...said} />
      <div class="wallet-top">
        <Balances balances={shown} />
        <div class="wallet-side">
          <WithdrawPanel assets={assets} asset={asset} {...withdrawal} />
          {deposit !== null && <DepositPanel assets={assets} asset={asset} {...deposit} />}
          {faucet !== null && <Faucet assets={assets} asset={asset} clientId={faucet.clientId} />}
        </div>
        <StatementPanel
          statement={statement}
          asset={asset}
          scale={scale}
          tabs={tabsOf(shown, asset)}
          isFirst={isFirst}
        />
      </div>
      <StepUpDialog />
    </div>
  );
}

/** The assets one has, and the one looked at. */
function tabsOf(balances: readonly ValuedBalance[], asset: string): string[] {
  return [...new Set([...balances.map((balance) => balance.asset), asset])];
}

function Balances({ balances }: { balances: readonly ValuedBalance[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel" aria-labelledby="balances">
      <div class="panel-head">
        <h2 id="balances">{t("wallet.balances")}</h2>
        <span class="panel-note">{t("wallet.worth_hint")}</span>
      </div>
      <table class="table balances">
        <thead>
          <tr>
            <th scope="col">{t("wallet.asset")}</th>
            <th scope="col" class="num">{t("wallet.available")}</th>
            <th scope="col" class="num">{t("wallet.held")}</th>
            <th scope="col" class="num">{t("wallet.value")}</th>
          </tr>
        </thead>
        <tbody>{balances.map((balance) => <BalanceRow key={balance.asset} balance={balance} />)}</tbody>
      </table>
    </section>
  );
}

function BalanceRow({ balance: { asset, scale, available, held, eur } }: { balance: ValuedBalance }): JSX.Element {
  const { t } = useTexts();
  return (
    <tr>
      <th scope="row">
        <a href={`/wallet?${new URLSearchParams({ asset })}`}>{asset}</a>
      </th>
      <td class="num" data-label={t("wallet.available")}>{formatAmount(available, asset, scale)}</td>
      <td class={held === "0" ? "num quiet" : "num"} data-label={t("wallet.held")}>
        {formatAmount(held, asset, scale)}
      </td>
      <td class="num worth" data-label={t("wallet.value")}>{formatEur(eur) ?? <NoData />}</td>
    </tr>
  );
}

function Faucet(
  { assets, asset, clientId }: { assets: readonly Asset[]; asset: string; clientId: string },
): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel" aria-labelledby="faucet">
      <div class="panel-head">
        <h2 id="faucet">{t("wallet.faucet")}</h2>
        <span class="mode-chip panel-note">
          <FlaskIcon />
          {t("layout.local")}
        </span>
      </div>
      <form action="/wallet/faucet" method="post" class="faucet-form">
        <Hidden values={{ client_id: clientId }} />
        <p class="quiet">{t("wallet.faucet_lead")}</p>
        <AmountFields assets={assets} asset={asset} />
        <button type="submit" class="button primary">{t("wallet.faucet_get")}</button>
      </form>
    </section>
  );
}
