import { formatUnits } from "../../lib/pools/format.ts";
import { amountText } from "../../lib/ledger/money.ts";
import type { Texts } from "../layout/texts.ts";

const KINDS = [
  ...["investment_queued", "investment_settled", "redemption_queued", "redemption_settled"] as const,
  ...["request_cancelled", "request_refused", "fee_charged", "fee_received", "fee_announced"] as const,
  ...["refused_kyc", "refused_small", "manager_changed"] as const,
  ...["pool_paused", "pool_resumed", "pool_closed", "pool_wiped", "settlement_failing"] as const,
];

/** What has a sentence of its own for its reason. */
const WITH_REASON: Readonly<Record<string, (typeof KINDS)[number]>> = {
  "pool_closed pool_wiped": "pool_wiped",
  "request_refused kyc_required": "refused_kyc",
  "request_refused amount_too_small": "refused_small",
};

/** A notice about a pool as a sentence, with the reason where its words are somebody's own; null for other kinds. */
export function poolNoticeText({ t }: Pick<Texts, "t">, kind: string, data: Record<string, unknown>): string | null {
  const known = KINDS.find((each) => each === (WITH_REASON[`${kind} ${textOf(data.reason)}`] ?? kind));
  if (known === undefined) return null;
  const asset = textOf(data.asset) || textOf(data.currency);
  const notice = t(`pool_notice.${known}`, {
    pool: textOf(data.pool_name),
    amount: amountText(textOf(data.amount), asset),
    units: formatUnits(textOf(data.units)) ?? "",
    cycle: String(data.cycle_no ?? ""),
    from: textOf(data.from),
    to: textOf(data.to),
  });
  return known === "pool_paused" && textOf(data.reason) !== "" ? `${notice} (${textOf(data.reason)})` : notice;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
