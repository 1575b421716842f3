import { amountText } from "../../lib/ledger/money.ts";
import type { Texts } from "../layout/texts.ts";

/** Kinds of news about one's money that name an amount. */
const AMOUNTS = {
  credit_received: "wallet.notice_credit",
  credit_rejected: "credits.notice_rejected",
  deposit_received: "wallet.notice_deposit",
  payment_unclaimed: "wallet.notice_payment_unclaimed",
  withdrawal_requested: "withdrawals.notice_requested",
  withdrawal_unlocked: "withdrawals.notice_unlocked",
  withdrawal_changed: "withdrawals.notice_changed",
  withdrawal_approved: "withdrawals.notice_approved",
  withdrawal_paid: "withdrawals.notice_paid",
  withdrawal_rejected: "withdrawals.notice_rejected",
  withdrawal_cancelled: "withdrawals.notice_cancelled",
} as const;

/** Reasons the database gives itself for a withdrawal that came to nothing. */
const REASONS = {
  insufficient_funds: "withdrawals.reason_insufficient_funds",
  redemption_cancelled: "withdrawals.reason_redemption_cancelled",
} as const;

/** A sentence about one's money; null for kinds that are about something else. */
export function moneyNotice(
  { t }: Pick<Texts, "t">,
  kind: string,
  data: Readonly<Record<string, unknown>>,
): string | null {
  if (kind === "payout_failing") return t("withdrawals.notice_payout_failing");
  if (!isKeyOf(AMOUNTS, kind) || typeof data.asset !== "string" || typeof data.amount !== "string") return null;
  const notice = t(AMOUNTS[kind], { amount: amountText(data.amount, data.asset) });
  if (typeof data.reason !== "string") return notice;
  // What the database does not say itself is in an administrator's own words.
  const isOurs = kind === "withdrawal_cancelled" && isKeyOf(REASONS, data.reason);
  return `${notice} (${isOurs ? t(REASONS[data.reason as keyof typeof REASONS]) : data.reason})`;
}

function isKeyOf<T extends object>(object: T, key: string): key is keyof T & string {
  return Object.hasOwn(object, key);
}
