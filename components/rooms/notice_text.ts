import { amountText } from "../../lib/ledger/money.ts";
import type { Texts } from "../layout/texts.ts";

/** A notice about live rooms as a sentence; null for other kinds. Who has left has no name any more. */
export function roomNoticeText(
  { t }: Pick<Texts, "t">,
  kind: string,
  { username, title, amount, net, currency }: Readonly<Record<string, unknown>>,
): string | null {
  const name = typeof username === "string" ? username : t("credits.gone");
  if (kind === "live_now" && typeof title === "string") return t("accounts.notice_live_now", { name, title });
  if (kind !== "tip_received") return null;
  if (typeof amount !== "string" || typeof net !== "string" || typeof currency !== "string") return null;
  return t("accounts.notice_tip_received", {
    name,
    amount: amountText(amount, currency),
    net: amountText(net, currency),
  });
}
