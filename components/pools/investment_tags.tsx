import type { JSX } from "preact";
import type { Investment } from "../../lib/pools/investment_shapes.ts";
import { useTexts } from "../layout/texts.ts";

/** Where an investment is in its life. */
export function InvestmentTag({ status }: Pick<Investment, "status">): JSX.Element {
  const { t } = useTexts();
  return <span class={`pool-tag investment-${status}`}>{t(`invest.status_${status}`)}</span>;
}

/** Takes a waiting request back. Its own id is the form's: sent twice, it is done once. */
export function CancelForm({ requestId, next }: { requestId: string; next: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <form action={`/investments/requests/${requestId}/cancel`} method="post">
      <input type="hidden" name="client_id" value={requestId} />
      <input type="hidden" name="next" value={next} />
      <button type="submit" class="button outline danger">{t("pools.cancel")}</button>
    </form>
  );
}
