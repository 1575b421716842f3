import type { JSX } from "preact";
import { TIP_RULES, type TipRules } from "../../lib/admin/tip_rules.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { Field, type Said, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";

/** Where the page is, and where its form goes. */
export const TIP_RULES_PATH = "/admin/tips";

/** Digits before and behind the point that the database takes of each rule. */
const PATTERNS = {
  fee_percent: "[0-9]{1,2}([.,][0-9]{1,2})?",
  minimum_eur: "[0-9]{1,9}([.,][0-9]{1,2})?",
  maximum_eur: "[0-9]{1,9}([.,][0-9]{1,2})?",
} as const;

/** What the platform keeps of a tip, and how much a tip may be. */
export function TipRulesPage({ rules, newId, ...said }: Said & { rules: TipRules; newId: NewId }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <AdminFrame path={TIP_RULES_PATH} {...said}>
      <Section title={t("admin.tip_rules")} lead={t("admin.tip_rules_lead")}>
        <AdminForm action={TIP_RULES_PATH} step="fresh" newId={newId}>
          {TIP_RULES.map((name) => (
            <Field
              key={name}
              label={t(`admin.tip_${name}`)}
              hint={t(`admin.tip_${name}_hint`)}
              name={name}
              value={rules[name]}
              inputMode="decimal"
              pattern={PATTERNS[name]}
              maxLength={12}
              autocomplete="off"
            />
          ))}
          <p class="sub">
            {t("admin.tip_changed", { date: formatDayTime(Date.parse(rules.updated_at), locale, timeZone) })}
          </p>
          <button type="submit" class="button primary">{t("admin.set")}</button>
        </AdminForm>
      </Section>
    </AdminFrame>
  );
}
