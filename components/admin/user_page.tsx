import type { JSX } from "preact";
import { KYC_STATES } from "../../lib/accounts/account.ts";
import type { AuditEntry } from "../../lib/admin/audit.ts";
import { type AdminUserDetail, REASON_LENGTH_MAX } from "../../lib/admin/users.ts";
import { formatDate, formatDayTime } from "../../lib/kernel/dates.ts";
import type { Asset } from "../../lib/ledger/wallet_shapes.ts";
import { Choice, Field, providerNames, type Said, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { AuditTable } from "./audit_table.tsx";
import { KycTag } from "./kyc_tag.tsx";
import { UserCredit } from "./user_credit.tsx";
import { UserLimits } from "./user_limits.tsx";
import { UserDevices, UserSessions } from "./user_sessions.tsx";

/** One user, and what an administrator may change of them. */
export function UserPage({ user, assets, entries, newId, ...said }: Said & {
  user: AdminUserDetail;
  /** What can be credited; null where the user is the administrator who looks. */
  assets: readonly Asset[] | null;
  entries: readonly AuditEntry[];
  newId: NewId;
}): JSX.Element {
  const { t } = useTexts();
  const audit = (field: string) => `/admin/audit?${new URLSearchParams({ [field]: user.user_id })}`;
  return (
    <AdminFrame path="/admin/users" title={user.username} {...said}>
      <div class="columns">
        <Profile user={user} />
        <Kyc user={user} isOwn={assets === null} newId={newId} />
      </div>
      <Role user={user} newId={newId} />
      <UserCredit userId={user.user_id} assets={assets} newId={newId} />
      <UserLimits user={user} newId={newId} />
      <UserSessions user={user} newId={newId} />
      <UserDevices devices={user.devices} />
      <h2 class="list-title">{t("admin.recent")}</h2>
      <AuditTable entries={entries} />
      <div class="actions">
        <a class="button outline" href={audit("actor")}>{t("admin.recent_by")}</a>
        <a class="button outline" href={audit("subject")}>{t("admin.recent_on")}</a>
      </div>
    </AdminFrame>
  );
}

function Profile({ user }: { user: AdminUserDetail }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const seenMs = Date.parse(user.last_sign_in_at ?? "");
  const frozenMs = Date.parse(user.withdrawals_frozen_until ?? "");
  const email = user.email ?? "–";
  return (
    <Section title={t("admin.profile")}>
      <dl class="facts">
        <dt>{t("accounts.email")}</dt>
        <dd>{user.email_confirmed ? email : t("admin.email_unconfirmed", { email })}</dd>
        <dt>{t("admin.id")}</dt>
        <dd>
          <code>{user.user_id}</code>
        </dd>
        <dt>{t("admin.joined")}</dt>
        <dd>{formatDate(Date.parse(user.created_at), locale, timeZone)}</dd>
        <dt>{t("admin.last_sign_in")}</dt>
        <dd>{Number.isFinite(seenMs) ? formatDayTime(seenMs, locale, timeZone) : t("admin.never")}</dd>
        <dt>{t("accounts.linked")}</dt>
        <dd>{providerNames(texts, user.identities)}</dd>
        <dt>{t("admin.authenticators")}</dt>
        <dd>{user.authenticators}</dd>
        <dt>{t("accounts.time_zone")}</dt>
        <dd>{user.time_zone}</dd>
      </dl>
      {Number.isFinite(frozenMs) && (
        <p class="quiet">{t("accounts.frozen_until", { date: formatDayTime(frozenMs, locale, timeZone) })}</p>
      )}
    </Section>
  );
}

function Kyc({ user, isOwn, newId }: { user: AdminUserDetail; isOwn: boolean; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  if (isOwn) {
    return (
      <Section title={t("admin.kyc")} lead={t("admin.kyc_own")}>
        <p class="quiet kyc-now">
          <KycTag status={user.kyc_status} /> {user.kyc_reason}
        </p>
      </Section>
    );
  }
  return (
    <Section title={t("admin.kyc")}>
      <p class="quiet kyc-now">
        <KycTag status={user.kyc_status} /> {user.kyc_reason}
      </p>
      <AdminForm action={`/admin/users/${user.user_id}/kyc`} step="fresh" newId={newId}>
        <Choice
          label={t("admin.state")}
          name="status"
          value={user.kyc_status}
          options={KYC_STATES.map((state) => [state, t(`accounts.kyc_${state}`)])}
        />
        <Field
          label={t("admin.reason")}
          name="reason"
          maxLength={REASON_LENGTH_MAX}
          required={false}
          autocomplete="off"
          hint={t("admin.reason_hint")}
        />
        <div class="actions">
          <button type="submit" class="button outline">{t("admin.set")}</button>
        </div>
      </AdminForm>
    </Section>
  );
}

function Role({ user, newId }: { user: AdminUserDetail; newId: NewId }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const since = user.admin_since === null ? "" : formatDate(Date.parse(user.admin_since), locale, timeZone);
  return (
    <Section title={t("admin.role")} lead={t("admin.role_hint")}>
      <div class="spread">
        <span>{user.admin ? t("admin.role_since", { date: since }) : t("admin.role_user")}</span>
        <AdminForm
          action={`/admin/users/${user.user_id}/role`}
          step="fresh"
          newId={newId}
          values={{ admin: String(!user.admin) }}
          className="plain-form"
        >
          <button type="submit" class={`button outline ${user.admin ? "danger" : ""}`}>
            {t(user.admin ? "admin.unmake_admin" : "admin.make_admin")}
          </button>
        </AdminForm>
      </div>
    </Section>
  );
}
