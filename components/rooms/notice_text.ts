import { amountText } from "../../lib/ledger/money.ts";
import type { Texts } from "../layout/texts.ts";

/** A notice about live rooms as a sentence; null for other kinds. */
export function roomNoticeText(
  { t }: Pick<Texts, "t">,
  kind: string,
  { username, title, amount, net, currency }: Readonly<Record<string, unknown>>,
): string | null {
  if (typeof username !== "string") return null;
  if (kind === "live_now" && typeof title === "string") {
    return t("accounts.notice_live_now", { name: username, title });
  }
  if (typeof amount !== "string" || typeof currency !== "string") return null;
  const money = amountText(amount, currency);
  if (kind === "tip_sent") return t("accounts.notice_tip_sent", { name: username, amount: money });
  if (kind !== "tip_received" || typeof net !== "string") return null;
  return t("accounts.notice_tip_received", { name: username, amount: money, net: amountText(net, currency) });
}
