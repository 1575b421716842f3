import type { JSX } from "preact";
import { KYC_STATES } from "../../lib/accounts/account.ts";
import {
  type AdminUser,
  type AdminUsersPage,
  QUERY_LENGTH_MAX,
  ROLES,
  type UserFilter,
} from "../../lib/admin/users.ts";
import { formatDate, formatDayTime } from "../../lib/kernel/dates.ts";
import { Choice, type Said } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminFrame, Pages } from "./admin_frame.tsx";
import { KycTag } from "./kyc_tag.tsx";

const PATH = "/admin/users";

/** All users, newest first. */
export function UsersPage({ page, filter, isFirst, ...said }: Said & {
  page: AdminUsersPage;
  filter: UserFilter;
  isFirst: boolean;
}): JSX.Element {
  const { t } = useTexts();
  const params = { q: filter.query ?? "", kyc: filter.kyc ?? "", role: filter.role ?? "" };
  return (
    <AdminFrame path={PATH} {...said}>
      <Filters filter={filter} />
      <section class="panel scroll-x">
        {page.items.length === 0 ? <p class="empty">{t("admin.none")}</p> : (
          <table class="table tall stacked">
            <thead>
              <tr>
                <th scope="col">{t("admin.user")}</th>
                <th scope="col">{t("admin.kyc")}</th>
                <th scope="col">{t("admin.role")}</th>
                <th scope="col" class="num">{t("admin.sessions")}</th>
                <th scope="col">{t("admin.joined")}</th>
                <th scope="col">{t("admin.last_sign_in")}</th>
              </tr>
            </thead>
            <tbody>{page.items.map((user) => <UserRow key={user.user_id} user={user} />)}</tbody>
          </table>
        )}
      </section>
      <Pages path={PATH} params={params} cursor={page.next_cursor} isFirst={isFirst} />
    </AdminFrame>
  );
}

function Filters({ filter }: { filter: UserFilter }): JSX.Element {
  const { t } = useTexts();
  return (
    <form action={PATH} method="get" class="filters" role="search">
      <label class="field">
        <span class="field-label">{t("admin.search_users")}</span>
        <input type="search" name="q" value={filter.query ?? ""} maxLength={QUERY_LENGTH_MAX} spellcheck={false} />
      </label>
      <Choice
        label={t("admin.kyc")}
        name="kyc"
        value={filter.kyc ?? ""}
        options={[["", t("admin.any")], ...KYC_STATES.map((state) => [state, t(`accounts.kyc_${state}`)] as const)]}
      />
      <Choice
        label={t("admin.role")}
        name="role"
        value={filter.role ?? ""}
        options={[["", t("admin.any")], ...ROLES.map((role) => [role, t(`admin.role_${role}`)] as const)]}
      />
      <button type="submit" class="button secondary">{t("admin.filter")}</button>
    </form>
  );
}

function UserRow({ user }: { user: AdminUser }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const seenMs = Date.parse(user.last_sign_in_at ?? "");
  return (
    <tr>
      <td class="person-cell">
        <div>
          <a href={`${PATH}/${user.user_id}`}>
            <strong>{user.username}</strong>
          </a>
          <div class="sub">{user.email ?? "–"}</div>
        </div>
      </td>
      <td data-label={t("admin.kyc")}>
        <KycTag status={user.kyc_status} />
      </td>
      <td data-label={t("admin.role")}>
        {user.admin ? <span class="tag good">{t("admin.role_admin")}</span> : t("admin.role_user")}
      </td>
      <td class="num" data-label={t("admin.sessions")}>{user.sessions}</td>
      <td data-label={t("admin.joined")}>{formatDate(Date.parse(user.created_at), locale, timeZone)}</td>
      <td data-label={t("admin.last_sign_in")}>
        {Number.isFinite(seenMs) ? formatDayTime(seenMs, locale, timeZone) : t("admin.never")}
      </td>
    </tr>
  );
}
