import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Credit, CreditsPage as Page } from "../../lib/ledger/credit_shapes.ts";
import { amountText, formatEur } from "../../lib/ledger/money.ts";
import type { Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame, Pages } from "./admin_frame.tsx";

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
      <nav class="asset-tabs" aria-label={t("credits.title")}>
        <a href={PATH} aria-current={all ? undefined : "true"}>{t("credits.waiting")}</a>
        <a href={`${PATH}?status=all`} aria-current={all ? "true" : undefined}>{t("credits.all")}</a>
      </nav>
      <section class="panel scroll-x">
        {page.items.length === 0
          ? <p class="empty">{t(all ? "credits.none_ever" : "credits.none")}</p>
          : (
            <table class="table tall stacked">
              <thead>
                <tr>
                  <th scope="col">{t("admin.user")}</th>
                  <th scope="col" class="num">{t("wallet.amount")}</th>
                  <th scope="col" class="num">{t("wallet.value")}</th>
                  <th scope="col">{t("credits.requested")}</th>
                  <th scope="col">{t("credits.requested_by")}</th>
                  <th scope="col">{t("admin.state")}</th>
                </tr>
              </thead>
              <tbody>{page.items.map((credit) => <Row key={credit.id} credit={credit} newId={newId} />)}</tbody>
            </table>
          )}
      </section>
      <Pages path={PATH} params={{ status: all ? "all" : "" }} cursor={page.next_cursor} isFirst={isFirst} />
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
