import type { JSX } from "preact";
import { ATTEMPT_FIELDS, type AttemptRule } from "../../lib/admin/rate_limits.ts";
import { Section } from "../accounts/parts.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";

const KINDS = ["password", "factor", "mail", "register"] as const;

const LABELS = {
  free_attempts: "admin.attempt_free",
  first_delay_s: "admin.attempt_first",
  delay_s_max: "admin.attempt_longest",
  forget_one_s: "admin.attempt_forget",
} as const;

/** How guessing slows down, rule by rule. */
export function AttemptRules({ rules, newId }: { rules: readonly AttemptRule[]; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  return (
    <Section title={t("admin.attempt_rules")} lead={t("admin.attempt_rules_lead")}>
      <ul class="rows">
        {rules.map((rule) => <RuleRow key={rule.name} rule={rule} newId={newId} />)}
      </ul>
    </Section>
  );
}

function RuleRow({ rule, newId }: { rule: AttemptRule; newId: NewId }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { name } = rule;
  return (
    <li class="row limit-row">
      <div>
        <strong>
          <code>{name}</code>
        </strong>
        <div class="sub">{describe(texts, rule)}</div>
      </div>
      <AdminForm
        action="/admin/limits/attempts"
        step="admin"
        newId={newId}
        values={{ name }}
        className="pair-form four"
      >
        {ATTEMPT_FIELDS.map((field) => (
          <label key={field} class="field">
            <span class="field-label">{t(LABELS[field])}</span>
            <input
              type="text"
              name={field}
              value={rule[field]}
              inputMode="numeric"
              pattern="[0-9]{1,5}"
              maxLength={5}
              required
              autocomplete="off"
              aria-label={`${t(LABELS[field])}: ${name}`}
            />
          </label>
        ))}
        <button type="submit" class="button outline">{t("admin.set")}</button>
      </AdminForm>
    </li>
  );
}

/** What a rule counts, in the reader's language; one newer than the catalogue in the database's own words. */
function describe({ t }: Texts, { name, description }: AttemptRule): string {
  const [, auth, kind, where] = /^(auth_)?([a-z]+?)(?:_(known|address))?$/.exec(name) ?? [];
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) return description;
  const place = auth ? "auth" : where === "known" || where === "address" ? where : "account";
  return `${t(`admin.attempt_${known}`)} ${t(`admin.attempt_for_${place}`)}`;
}
