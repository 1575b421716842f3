import type { JSX } from "preact";
import { type AdminWithdrawal, type AdminWithdrawalsPage, REJECTION_LENGTH_MAX } from "../../lib/admin/withdrawals.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { destinationText } from "../../lib/ledger/iban.ts";
import { amountText, formatEur } from "../../lib/ledger/money.ts";
import { Field, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { ageText } from "./age_text.ts";
import { Decision } from "./decision.tsx";
import { KycTag } from "./kyc_tag.tsx";
import { WaitingList } from "./waiting_list.tsx";

const PATH = "/admin/withdrawals";

/** Ways to look at the list. */
export const WITHDRAWAL_VIEWS = ["waiting", "approved", "all"] as const;

type View = (typeof WITHDRAWAL_VIEWS)[number];

const LOOKS: Readonly<Record<AdminWithdrawal["status"], string>> = {
  requested: "plain",
  locked_until_settlement: "plain",
  awaiting_approval: "late",
  approved: "good",
  paid: "good",
  rejected: "bad",
  cancelled: "plain",
};

/** Withdrawals that wait for an administrator, or others. */
export function WithdrawalsPage({ page, view, isFirst, newId, nowMs, ...said }: Said & {
  page: AdminWithdrawalsPage;
  view: View;
  isFirst: boolean;
  newId: NewId;
  nowMs: number;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path={PATH} {...said}>
      <WaitingList
        path={PATH}
        title={t("money.withdrawals")}
        views={WITHDRAWAL_VIEWS.map((each) => ({ view: each, text: t(`money.w_${each}`) }))}
        view={view}
        columns={[
          { text: t("admin.user") },
          { text: t("wallet.amount"), num: true },
          { text: t("money.eur_day"), num: true },
          { text: t("money.destination") },
          { text: t("money.asked") },
        ]}
        className="withdrawals"
        rows={page.items.map((withdrawal) => (
          <Row key={withdrawal.id} withdrawal={withdrawal} newId={newId} nowMs={nowMs} />
        ))}
        none={t(view === "waiting" ? "money.w_none" : "money.w_none_ever")}
        cursor={page.next_cursor}
        isFirst={isFirst}
      />
    </AdminFrame>
  );
}

function Row({ withdrawal, newId, nowMs }: { withdrawal: AdminWithdrawal; newId: NewId; nowMs: number }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { user_id, username, kyc_status, asset, amount, eur, eur_day, destination, requested_at } = withdrawal;
  const when = (at: string) => formatDayTime(Date.parse(at), locale, timeZone);
  return (
    <tr>
      <td class="person-cell">
        <div>
          <a href={`/admin/users/${user_id}`}>
            <strong>{username ?? t("credits.gone")}</strong>
          </a>
          <div class="sub">
            {kyc_status !== null && <KycTag status={kyc_status} />}
          </div>
          {withdrawal.frozen_until !== null && (
            <div class="sub down">{t("money.frozen", { date: when(withdrawal.frozen_until) })}</div>
          )}
        </div>
      </td>
      <td class="num" data-label={t("wallet.amount")}>
        <span>
          <strong>{amountText(amount, asset)}</strong>
          {asset !== "EUR" && <span class="sub">{formatEur(eur)}</span>}
        </span>
      </td>
      <td class="num" data-label={t("money.eur_day")}>{formatEur(eur_day)}</td>
      <td class="destination" data-label={t("money.destination")}>
        <code>{destinationText(destination, asset)}</code>
      </td>
      <td data-label={t("money.asked")}>
        <span>
          {ageText(t, requested_at, nowMs)}
          <span class="sub">{when(requested_at)}</span>
          {withdrawal.changed_at !== null && (
            <span class="sub late">{t("money.changed", { date: when(withdrawal.changed_at) })}</span>
          )}
        </span>
      </td>
      <td data-label={t("admin.state")}>
        <State withdrawal={withdrawal} newId={newId} />
      </td>
    </tr>
  );
}

/** Where a withdrawal is, and the forms of whoever may decide about it. */
function State({ withdrawal, newId }: { withdrawal: AdminWithdrawal; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { id, rejectable, revision, asset, amount, username, kyc_status, frozen_until } = withdrawal;
  // What would be refused is not offered.
  const approvable = withdrawal.approvable && kyc_status === "verified" && frozen_until === null;
  const of = { amount: amountText(amount, asset), name: username ?? t("credits.gone") };
  return (
    <div class="decide">
      {!approvable && <StateText withdrawal={withdrawal} />}
      {approvable && (
        <AdminForm
          action={`${PATH}/${id}/approve`}
          step="fresh"
          newId={newId}
          values={{ revision: String(revision) }}
          className="plain-form"
        >
          <button type="submit" class="button outline" aria-label={t("money.approve_of", of)}>
            {t("money.approve")}
          </button>
        </AdminForm>
      )}
      {rejectable && (
        <Decision
          label={t("money.reject")}
          labelOf={t("money.reject_of", of)}
          action={`${PATH}/${id}/reject`}
          newId={newId}
          isRefusal
        >
          <Field
            label={t("admin.reason")}
            name="reason"
            maxLength={REJECTION_LENGTH_MAX}
            autocomplete="off"
            hint={t("money.reject_reason_hint")}
          />
        </Decision>
      )}
    </div>
  );
}

function StateText({ withdrawal }: { withdrawal: AdminWithdrawal }): JSX.Element {
  const { t } = useTexts();
  const { status, approvable, approved_by, approved_by_name, rejected_by, rejected_by_name, reason, last_error } =
    withdrawal;
  return (
    <span>
      <span class={`tag ${LOOKS[status]}`}>{t(`money.w_status_${status}`)}</span>
      {status === "awaiting_approval" && (
        <span class="sub">{t(approvable ? "money.kyc_first" : "money.own_withdrawal")}</span>
      )}
      {approved_by !== null && (
        <span class="sub">{t("money.approved_by", { name: approved_by_name ?? t("credits.gone") })}</span>
      )}
      {status === "rejected" && (
        <span class="sub">
          {t("money.rejected_by", {
            name: rejected_by === null ? t("money.dashboard_editor") : rejected_by_name ?? t("credits.gone"),
            reason: reason ?? "–",
          })}
        </span>
      )}
      {status === "approved" && last_error !== null && (
        <span class="sub late">{t("money.payout_error", { error: last_error })}</span>
      )}
    </span>
  );
}
