import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Credit, CreditsPage as Page } from "../../lib/ledger/credit_shapes.ts";
import { amountText, formatEur } from "../../lib/ledger/money.ts";
import type { Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { WaitingList } from "./waiting_list.tsx";

const PATH = "/admin/credits";

/** Credits that wait for a second administrator, or all of them. */
export function CreditsPage({ page, all, isFirst, newId, ...said }: Said & {
  page: Page;
  /** Whether posted ones are shown, too. */
  all: boolean;
  isFirst: boolean;
  newId: NewId;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path={PATH} {...said}>
      <WaitingList
        path={PATH}
        title={t("credits.title")}
        views={[{ view: "waiting", text: t("credits.waiting") }, { view: "all", text: t("credits.all") }]}
        view={all ? "all" : "waiting"}
        columns={[
          { text: t("admin.user") },
          { text: t("wallet.amount"), num: true },
          { text: t("wallet.value"), num: true },
          { text: t("credits.requested") },
          { text: t("credits.requested_by") },
        ]}
        rows={page.items.map((credit) => <Row key={credit.id} credit={credit} newId={newId} />)}
        none={t(all ? "credits.none_ever" : "credits.none")}
        cursor={page.next_cursor}
        isFirst={isFirst}
      />
    </AdminFrame>
  );
}

function Row({ credit, newId }: { credit: Credit; newId: NewId }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { user_id, username, asset, amount, eur, reason, requested_at, requested_by_name } = credit;
  return (
    <tr>
      <td class="person-cell">
        <div>
          <a href={`/admin/users/${user_id}`}>
            <strong>{username ?? t("credits.gone")}</strong>
          </a>
          {reason !== null && <div class="sub">{reason}</div>}
        </div>
      </td>
      <td class="num" data-label={t("wallet.amount")}>{amountText(amount, asset)}</td>
      <td class="num" data-label={t("wallet.value")}>{formatEur(eur)}</td>
      <td data-label={t("credits.requested")}>{formatDayTime(Date.parse(requested_at), locale, timeZone)}</td>
      <td data-label={t("credits.requested_by")}>{requested_by_name ?? t("credits.gone")}</td>
      <td data-label={t("admin.state")}>
        <State credit={credit} newId={newId} />
      </td>
    </tr>
  );
}

/** Where a credit stands, or the buttons of whoever may move it on. */
function State({ credit, newId }: { credit: Credit; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { status, approved_by, approved_by_name, closed_by_name, closing_reason } = credit;
  const gone = t("credits.gone");
  if (status === "posted") {
    const name = approved_by_name ?? gone;
    return <>{approved_by === null ? t("credits.posted_alone") : t("credits.approved_by", { name })}</>;
  }
  if (status === "withdrawn") return <>{t("credits.withdrawn")}</>;
  if (status === "rejected") {
    return (
      <>
        {t("credits.rejected_by", { name: closed_by_name ?? gone })}
        {closing_reason !== null && <div class="sub">{closing_reason}</div>}
      </>
    );
  }
  return <Decisions credit={credit} newId={newId} />;
}

function Decisions({ credit, newId }: { credit: Credit; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { id, approvable, rejectable, withdrawable, username, asset, amount } = credit;
  const of = { amount: amountText(amount, asset), name: username ?? t("credits.gone") };
  return (
    <div class="decisions">
      {!approvable && <span class="quiet">{t("credits.needs_other")}</span>}
      {approvable && (
        <AdminForm action={`${PATH}/${id}/approve`} step="fresh" newId={newId} className="plain-form">
          <button type="submit" class="button outline" aria-label={t("credits.approve_of", of)}>
            {t("credits.approve")}
          </button>
        </AdminForm>
      )}
      {rejectable && (
        <AdminForm action={`${PATH}/${id}/reject`} step="fresh" newId={newId} className="plain-form">
          <button type="submit" class="button outline" aria-label={t("credits.reject_of", of)}>
            {t("credits.reject")}
          </button>
        </AdminForm>
      )}
      {withdrawable && (
        <AdminForm action={`${PATH}/${id}/withdraw`} step="fresh" newId={newId} className="plain-form">
          <button type="submit" class="button outline" aria-label={t("credits.withdraw_of", of)}>
            {t("credits.withdraw")}
          </button>
        </AdminForm>
      )}
    </div>
  );
}
