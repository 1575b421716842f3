import type { JSX } from "preact";
import type { AdminPoolDetail } from "../../lib/admin/pools.ts";
import { formatDate } from "../../lib/kernel/dates.ts";
import { Field, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";

/** Who was let see a private pool, with forms to let others and to stop. */
export function PoolMembers({ poolId, members, newId }: {
  poolId: string;
  members: AdminPoolDetail["members"];
  newId: NewId;
}): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const action = `/admin/pools/${poolId}/members`;
  return (
    <Section title={t("money.members")} lead={t("money.members_lead")}>
      {members.length === 0 ? <p class="quiet">{t("money.members_none")}</p> : (
        <ul class="rows">
          {members.map(({ user_id, username, added_at }) => (
            <li key={user_id} class="row">
              <div>
                <a href={`/admin/users/${user_id}`}>{username ?? t("credits.gone")}</a>
                <div class="sub">{formatDate(Date.parse(added_at), locale, timeZone)}</div>
              </div>
              <AdminForm
                action={action}
                step="admin"
                newId={newId}
                values={{ user: user_id, add: "false" }}
                className="plain-form"
              >
                <button
                  type="submit"
                  class="button outline"
                  aria-label={t("money.remove_member_name", { name: username ?? t("credits.gone") })}
                >
                  {t("money.remove_member")}
                </button>
              </AdminForm>
            </li>
          ))}
        </ul>
      )}
      <AdminForm action={action} step="admin" newId={newId} values={{ add: "true" }} className="inline-form">
        <Field label={t("money.member_id")} name="user" maxLength={60} autocomplete="off" />
        <button type="submit" class="button outline">{t("money.add_member")}</button>
      </AdminForm>
    </Section>
  );
}
