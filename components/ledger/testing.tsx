import type { VNode } from "preact";
import type { Credit } from "../../lib/ledger/credit_shapes.ts";
import type { Deposit } from "../../lib/ledger/deposit_shapes.ts";
import { type Withdrawal, WITHDRAWAL_STATES } from "../../lib/ledger/withdrawal_shapes.ts";
import { CreditsPage } from "../admin/credits_page.tsx";
import { DepositPage } from "./deposit_page.tsx";
import { WalletPage } from "./wallet_page.tsx";
import { ChangeWithdrawalPage, WithdrawalsPage } from "./withdrawals_page.tsx";

const ID = "01a1fa22-0192-702c-8c28-a02bf5f40df2";
const AT = "2026-10-14T14:32:08Z";
const newId = () => ID;
const EURO = { asset: "EUR", scale: 2, kind: "fiat" as const };
const CREDIT: Credit = {
  ...{ id: ID, user_id: ID, username: null, asset: "EUR", amount: "5000", eur: "5000", reason: null },
  ...{ status: "awaiting_approval", requested_by: ID, requested_by_name: null, requested_at: AT },
  ...{ approved_by: null, approved_by_name: null, posted_at: null },
  ...{ closed_by: null, closed_by_name: null, closed_at: null, closing_reason: null },
  ...{ approvable: true, rejectable: true, withdrawable: false },
};
const DEPOSIT: Deposit = {
  ...{ id: ID, asset: "EUR", amount: "25.5", status: "waiting", requested_at: AT, expires_at: AT, paid_at: null },
  checkout_url: "https://pay.example/checkout",
};
const WITHDRAWAL: Withdrawal = {
  ...{ id: ID, asset: "EUR", amount: "250", eur: "250", destination: "DE89370400440532013000", revision: 1 },
  ...{ status: "awaiting_approval", requested_at: AT, approved_at: null, paid_at: null, rejected_at: null },
  ...{ cancelled_at: null, reason: null, investment_id: null, cancellable: true, changeable: true },
};
const LINES = ["faucet", "credit", "deposit", "settlement", "reserve", "release", "other"].map((operation) => ({
  ...{ transfer_id: ID, at: AT, operation, amount: "-5", balance_after: "5", memo: {} },
}));
const SET_ASIDE = ["withdrawal", "pool_request"].flatMap((subject_type) =>
  ["reserve", "release"].map((operation) => ({
    ...{ transfer_id: ID, at: AT, operation, amount: "-5", balance_after: "5", memo: { subject_type } },
  }))
);
const MAY = { isPaper: true, clientId: ID, isVerified: true, frozenUntil: null };

/** The pages of one's money, and crediting it, in each of their states. */
export const ledgerPages: Readonly<Record<string, VNode>> = {
  wallet: (
    <WalletPage
      wallet={{ balances: [{ asset: "BTC", scale: 8, available: "1", held: "0", eur: null }] }}
      statement={{ items: [...LINES, ...SET_ASIDE], next_cursor: "2" }}
      asset="BTC"
      assets={[EURO]}
      faucet={{ clientId: ID }}
      withdrawal={{ ...MAY, isPaper: false }}
      deposit={{ clientId: ID, waiting: [DEPOSIT] }}
      isFirst={false}
    />
  ),
  "empty wallet": (
    <WalletPage
      wallet={{ balances: [] }}
      statement={{ items: [], next_cursor: null }}
      asset="EUR"
      assets={[EURO]}
      faucet={null}
      withdrawal={{ ...MAY, isVerified: false }}
      deposit={null}
      isFirst
    />
  ),
  "frozen wallet": (
    <WalletPage
      wallet={{ balances: [] }}
      statement={{ items: [], next_cursor: null }}
      asset="EUR"
      assets={[EURO]}
      faucet={null}
      withdrawal={{ ...MAY, frozenUntil: AT }}
      deposit={null}
      isFirst
    />
  ),
  deposit: <DepositPage deposit={DEPOSIT} />,
  "paid deposit": <DepositPage deposit={{ ...DEPOSIT, status: "paid", paid_at: AT, checkout_url: null }} />,
  "expired deposit": <DepositPage deposit={{ ...DEPOSIT, status: "expired", checkout_url: null }} />,
  withdrawals: (
    <WithdrawalsPage
      page={{
        items: [
          ...WITHDRAWAL_STATES.map((status) => ({ ...WITHDRAWAL, status })),
          ...["insufficient_funds", "redemption_cancelled"].map((reason) => ({
            ...WITHDRAWAL,
            status: "cancelled" as const,
            reason,
          })),
        ],
        next_cursor: ID,
      }}
      isFirst={false}
      newId={newId}
    />
  ),
  "no withdrawals": <WithdrawalsPage page={{ items: [], next_cursor: null }} isFirst newId={newId} />,
  "a withdrawal to change": <ChangeWithdrawalPage withdrawal={WITHDRAWAL} clientId={ID} isPaper={false} />,
  "a withdrawal under way": (
    <ChangeWithdrawalPage
      withdrawal={{ ...WITHDRAWAL, status: "approved", changeable: false }}
      clientId={ID}
      isPaper={false}
    />
  ),
  credits: (
    <CreditsPage
      page={{
        items: [
          CREDIT,
          { ...CREDIT, approvable: false, rejectable: false, withdrawable: true },
          { ...CREDIT, status: "posted" },
          { ...CREDIT, status: "posted", approved_by: ID },
          { ...CREDIT, status: "rejected", closed_by: ID },
          { ...CREDIT, status: "withdrawn", closed_by: ID },
        ],
        next_cursor: ID,
      }}
      all={false}
      isFirst={false}
      newId={newId}
    />
  ),
  "no credits": <CreditsPage page={{ items: [], next_cursor: null }} all={false} isFirst newId={newId} />,
  "no credits at all": <CreditsPage page={{ items: [], next_cursor: null }} all isFirst newId={newId} />,
};
