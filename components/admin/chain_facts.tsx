import type { JSX } from "preact";
import type { AuditState } from "../../lib/admin/audit.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { useTexts } from "../layout/texts.ts";

/** Where the audit chain ends, and how its last check and export went. */
export function ChainFacts({ state }: { state: AuditState }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const when = (at: string | null) => at === null ? t("admin.never") : formatDayTime(Date.parse(at), locale, timeZone);
  const look = state.checked_at === null ? "late" : state.bad_seq === null ? "good" : "bad";
  return (
    <dl class="facts">
      <dt>{t("admin.state")}</dt>
      <dd>
        <span class={`tag ${look}`}>
          {state.checked_at === null
            ? t("admin.chain_unchecked")
            : state.bad_seq === null
            ? t("admin.chain_ok")
            : t("admin.chain_broken", { seq: state.bad_seq })}
        </span>
        {state.reason !== null && <code class="sub">{state.reason}</code>}
      </dd>
      <dt>{t("admin.chain_seq")}</dt>
      <dd>{state.seq}</dd>
      <dt>{t("admin.chain_unsealed")}</dt>
      <dd>{state.unsealed}</dd>
      <dt>{t("admin.chain_checked")}</dt>
      <dd>{when(state.checked_at)}</dd>
      <dt>{t("admin.chain_exported")}</dt>
      <dd>
        {state.exported_seq === null
          ? t("admin.never")
          : t("admin.chain_export", { date: when(state.exported_at), seq: state.exported_seq })}
      </dd>
      <dt>{t("admin.chain_head")}</dt>
      <dd>
        <code class="hash">{state.hash}</code>
      </dd>
    </dl>
  );
}
