import type { JSX } from "preact";
import { type AdminUser, KYC_STATES } from "../../lib/accounts/account.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { Hidden, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminFrame, NextPage } from "./admin_frame.tsx";

/** A user with the id the row's request will carry. */
export type ManagedUser = AdminUser & { clientId: string };

/** All users, and what an administrator may change of them. */
export function UsersPage({ users, query, cursor, ...said }: Said & {
  users: readonly ManagedUser[];
  query: string;
  cursor: string | null;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path="/admin/users" query={query} placeholder={t("admin.search_users")} {...said}>
      <section class="panel scroll-x">
        {users.length === 0 ? <p class="empty">{t("admin.none")}</p> : (
          <table class="table tall">
            <thead>
              <tr>
                <th scope="col">{t("admin.user")}</th>
                <th scope="col">{t("admin.kyc")}</th>
                <th scope="col">{t("admin.role")}</th>
                <th scope="col" class="num">{t("admin.sessions")}</th>
                <th scope="col">{t("admin.last_sign_in")}</th>
                <th scope="col">{t("admin.actions")}</th>
              </tr>
            </thead>
            <tbody>{users.map((user) => <UserRow key={user.user_id} user={user} query={query} />)}</tbody>
          </table>
        )}
      </section>
      <NextPage path="/admin/users" query={query} cursor={cursor} />
    </AdminFrame>
  );
}

function UserRow({ user, query }: { user: ManagedUser; query: string }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const values = { user_id: user.user_id, client_id: user.clientId, q: query };
  const seenMs = Date.parse(user.last_sign_in_at ?? "");
  return (
    <tr>
      <td>
        <strong>{user.username}</strong>
        <div class="sub">{user.email ?? "–"}</div>
      </td>
      <td>
        <form action="/admin/users/kyc" method="post" class="inline-form">
          <Hidden values={values} />
          <select name="status" aria-label={t("admin.set_kyc", { name: user.username })}>
            {KYC_STATES.map((state) => (
              <option key={state} value={state} selected={state === user.kyc_status}>
                {t(`accounts.kyc_${state}`)}
              </option>
            ))}
          </select>
          <button type="submit" class="button outline">{t("admin.set")}</button>
        </form>
      </td>
      <td>
        {user.admin ? <span class="tag good">{t("admin.role_admin")}</span> : t("admin.role_user")}
      </td>
      <td class="num">{user.sessions}</td>
      <td>{Number.isFinite(seenMs) ? formatDayTime(seenMs, locale, timeZone) : t("admin.never")}</td>
      <td class="row-actions">
        <form action="/admin/users/role" method="post">
          <Hidden values={{ ...values, admin: String(!user.admin) }} />
          <button type="submit" class={`button outline ${user.admin ? "danger" : ""}`}>
            {t(user.admin ? "admin.unmake_admin" : "admin.make_admin")}
          </button>
        </form>
        <form action="/admin/users/sessions" method="post">
          <Hidden values={values} />
          <button type="submit" class="button outline danger">{t("admin.end_sessions")}</button>
        </form>
      </td>
    </tr>
  );
}
