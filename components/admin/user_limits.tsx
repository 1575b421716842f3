import type { JSX } from "preact";
import { formatLimit, type Limit } from "../../lib/accounts/limits.ts";
import type { AdminUserDetail } from "../../lib/admin/users.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { limitTitle } from "../accounts/limit_text.ts";
import { Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { LimitInput } from "./limit_input.tsx";

/** A user's limits: what counts, and the loosest value this user may choose. */
export function UserLimits({ user, newId }: { user: AdminUserDetail; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  return (
    <Section title={t("admin.limits")} lead={t("admin.ceilings_lead")}>
      <ul class="rows">
        {user.limits.map((limit) => (
          <LimitRow key={limit.name} limit={limit} action={`/admin/users/${user.user_id}/limits`} newId={newId} />
        ))}
      </ul>
    </Section>
  );
}

function LimitRow({ limit, action, newId }: { limit: Limit; action: string; newId: NewId }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { name, unit, pending_value, pending_at } = limit;
  const title = limitTitle(texts, name);
  return (
    <li class="row limit-row">
      <div>
        <strong>{title}</strong>
        <div class="sub">
          {t("limits.now")} {formatLimit(limit.value, unit, locale)}
          {pending_value !== null && pending_at !== null && (
            <>
              {" → "}
              {formatLimit(pending_value, unit, locale)}{" "}
              ({t("limits.pending", { date: formatDayTime(Date.parse(pending_at), locale, timeZone) })})
            </>
          )}
        </div>
        <div class="sub">
          {t(`limits.bound_${limit.tighter}`, { value: formatLimit(limit.ceiling, unit, locale) })}
        </div>
      </div>
      <div class="limit-forms">
        <AdminForm action={action} step="fresh" newId={newId} values={{ name }} className="inline-form">
          <LimitInput
            name="ceiling"
            unit={unit}
            value={limit.ceiling}
            label={t("admin.ceiling_of", { name: title })}
          />
          <button type="submit" class="button outline">{t("admin.set")}</button>
        </AdminForm>
        {limit.own_ceiling && (
          <AdminForm action={action} step="fresh" newId={newId} values={{ name, ceiling: "" }} className="plain-form">
            <button type="submit" class="button outline">{t("admin.use_platform")}</button>
          </AdminForm>
        )}
      </div>
    </li>
  );
}
