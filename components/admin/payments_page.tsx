import type { JSX } from "preact";
import { type Payment, PAYMENT_NOTE_LENGTH_MAX, type PaymentsPage as Page } from "../../lib/admin/payments.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { amountText, formatEur } from "../../lib/ledger/money.ts";
import { Field, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { Decision } from "./decision.tsx";
import { WaitingList } from "./waiting_list.tsx";

const PATH = "/admin/payments";

/** Ways to look at the list. */
export const PAYMENT_VIEWS = ["open", "assigned", "returned", "all"] as const;

type View = (typeof PAYMENT_VIEWS)[number];

/** Payments that matched no deposit, with the forms that say what becomes of them. */
export function PaymentsPage({ page, view, own, isFirst, newId, ...said }: Said & {
  page: Page;
  view: View;
  /** The administrator's own id. */
  own: string;
  isFirst: boolean;
  newId: NewId;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path={PATH} {...said}>
      <p class="quiet">{t("payments.lead")}</p>
      <WaitingList
        path={PATH}
        title={t("payments.title")}
        views={PAYMENT_VIEWS.map((each) => ({ view: each, text: t(`payments.view_${each}`) }))}
        view={view}
        columns={[
          { text: t("payments.payment") },
          { text: t("wallet.amount"), num: true },
          { text: t("payments.meant") },
          { text: t("payments.received") },
        ]}
        className="payments"
        rows={page.items.map((payment) => <Row key={payment.id} payment={payment} own={own} newId={newId} />)}
        none={t(view === "open" ? "payments.none" : "payments.none_ever")}
        cursor={page.next_cursor}
        isFirst={isFirst}
      />
    </AdminFrame>
  );
}

function Row({ payment, own, newId }: { payment: Payment; own: string; newId: NewId }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { provider, event_id, asset, amount, eur, meant, received_at, outcome } = payment;
  return (
    <tr>
      <td class="person-cell">
        <div>
          <strong>{provider}</strong>
          <div class="sub">
            <code>{event_id}</code>
          </div>
        </div>
      </td>
      <td class="num" data-label={t("wallet.amount")}>
        <span>
          <strong>{amountText(amount, asset)}</strong>
          {asset !== "EUR" && eur !== null && <span class="sub">{formatEur(eur)}</span>}
        </span>
      </td>
      <td data-label={t("payments.meant")}>
        <span>
          {t(`payments.outcome_${outcome}`)}
          {meant !== null && (
            <span class="sub">
              <a href={`/admin/users/${meant.user_id}`}>{meant.username ?? t("credits.gone")}</a>{" "}
              {t(meant.paid ? "payments.meant_paid" : "payments.meant_amount", {
                amount: amountText(meant.amount, meant.asset),
              })}
            </span>
          )}
        </span>
      </td>
      <td data-label={t("payments.received")}>{formatDayTime(Date.parse(received_at), locale, timeZone)}</td>
      <td data-label={t("admin.state")}>
        {payment.status === "waiting"
          ? <Decide payment={payment} own={own} newId={newId} />
          : <State payment={payment} newId={newId} />}
      </td>
    </tr>
  );
}

/** The forms of whoever decides first. */
function Decide({ payment, own, newId }: { payment: Payment; own: string; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { id, meant, asset, amount } = payment;
  const of = { amount: amountText(amount, asset) };
  // Nobody assigns to the own account.
  const user = meant === null || meant.user_id === own ? "" : meant.username ?? "";
  return (
    <div class="decide">
      <Decision
        label={t("payments.assign")}
        labelOf={t("payments.assign_of", of)}
        action={`${PATH}/${id}/assign`}
        newId={newId}
      >
        <Field label={t("payments.user")} name="user" value={user} maxLength={60} autocomplete="off" />
        <Field
          label={t("payments.note")}
          name="note"
          required={false}
          maxLength={PAYMENT_NOTE_LENGTH_MAX}
          autocomplete="off"
        />
      </Decision>
      <Decision
        label={t("payments.return")}
        labelOf={t("payments.return_of", of)}
        action={`${PATH}/${id}/return`}
        newId={newId}
        isRefusal
      >
        <Field
          label={t("payments.note")}
          name="note"
          maxLength={PAYMENT_NOTE_LENGTH_MAX}
          autocomplete="off"
          hint={t("payments.return_hint")}
        />
      </Decision>
    </div>
  );
}

/** What was decided, and the forms of whoever may approve it or take it back. */
function State({ payment, newId }: { payment: Payment; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { id, status, decision, user_id, username, note, revision, approvable, asset, amount } = payment;
  const gone = t("credits.gone");
  const of = { amount: amountText(amount, asset) };
  const isOpen = status === "awaiting_approval";
  return (
    <div class="decide">
      <span>
        {decision === "assign"
          ? (
            <>
              {t(isOpen ? "payments.to_assign" : "payments.assigned")}{" "}
              <a href={`/admin/users/${user_id}`}>{username ?? gone}</a>
            </>
          )
          : t(isOpen ? "payments.to_return" : "payments.returned")}
        <span class="sub">{t("payments.by", { name: payment.decided_by_name ?? gone })}</span>
        {payment.approved_by !== null && (
          <span class="sub">{t("credits.approved_by", { name: payment.approved_by_name ?? gone })}</span>
        )}
        {note !== null && <span class="sub">{note}</span>}
        {isOpen && !approvable && <span class="sub">{t("credits.needs_other")}</span>}
      </span>
      {approvable && (
        <AdminForm
          action={`${PATH}/${id}/approve`}
          step="fresh"
          newId={newId}
          values={{ revision: String(revision) }}
          className="plain-form"
        >
          <button type="submit" class="button outline" aria-label={t("payments.approve_of", of)}>
            {t("credits.approve")}
          </button>
        </AdminForm>
      )}
      {isOpen && (
        <AdminForm action={`${PATH}/${id}/reopen`} step="fresh" newId={newId} className="plain-form">
          <button type="submit" class="button outline" aria-label={t("payments.reopen_of", of)}>
            {t("payments.reopen")}
          </button>
        </AdminForm>
      )}
    </div>
  );
}
