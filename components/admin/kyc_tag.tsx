import type { JSX } from "preact";
import type { KYC_STATES } from "../../lib/accounts/account.ts";
import { useTexts } from "../layout/texts.ts";

const LOOKS: Readonly<Record<(typeof KYC_STATES)[number], string>> = {
  none: "plain",
  pending: "late",
  verified: "good",
  rejected: "bad",
};

/** How far a user's identity check is. */
export function KycTag({ status }: { status: (typeof KYC_STATES)[number] }): JSX.Element {
  const { t } = useTexts();
  return <span class={`tag ${LOOKS[status]}`}>{t(`accounts.kyc_${status}`)}</span>;
}
