import type { JSX } from "preact";
import type { LimitRule } from "../../lib/accounts/limits.ts";
import type { AttemptRule, RateLimitRule } from "../../lib/admin/rate_limits.ts";
import { limitHint, limitTitle } from "../accounts/limit_text.ts";
import { type Said, Section } from "../accounts/parts.tsx";
import { type Texts, useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";
import { AdminFrame } from "./admin_frame.tsx";
import { AttemptRules } from "./attempt_rules.tsx";
import { LimitInput } from "./limit_input.tsx";

/** Rules whose description the catalogues hold. */
const DESCRIBED = [
  ...["market_read", "watch", "account_write", "sign_in", "auth_link", "auth_refresh"] as const,
  ...["alert_change", "wallet_read", "wallet_write"] as const,
  ...["rooms_read", "room_touch", "rooms_write", "room_start"] as const,
  ...["chat_send", "room_moderate", "room_report", "room_card", "room_view", "tip", "payment_refused"] as const,
];

/** What everybody may do at most, and how often. */
export function LimitsPage({ limits, rates, attempts, newId, ...said }: Said & {
  limits: readonly LimitRule[];
  rates: readonly RateLimitRule[];
  attempts: readonly AttemptRule[];
  newId: NewId;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <AdminFrame path="/admin/limits" {...said}>
      <Section title={t("admin.platform_limits")} lead={t("admin.platform_limits_lead")}>
        <ul class="rows">
          {limits.map((rule) => <LimitRow key={rule.name} rule={rule} newId={newId} />)}
        </ul>
      </Section>
      <Section title={t("admin.rate_limits")} lead={t("admin.rate_limits_lead")}>
        <ul class="rows">
          {rates.map((rule) => <RateRow key={rule.name} rule={rule} newId={newId} />)}
        </ul>
      </Section>
      <AttemptRules rules={attempts} newId={newId} />
    </AdminFrame>
  );
}

function LimitRow({ rule, newId }: { rule: LimitRule; newId: NewId }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { name, unit } = rule;
  const title = limitTitle(texts, name);
  return (
    <li class="row limit-row">
      <div>
        <strong>{title}</strong>
        <div class="sub">{limitHint(texts, name)}</div>
      </div>
      <AdminForm action="/admin/limits/users" step="fresh" newId={newId} values={{ name }} className="pair-form">
        <label class="field">
          <span class="field-label">{t("limits.default")}</span>
          <LimitInput
            name="default_value"
            unit={unit}
            value={rule.default_value}
            label={`${t("limits.default")}: ${title}`}
          />
        </label>
        <label class="field">
          <span class="field-label">{t("admin.ceiling")}</span>
          <LimitInput name="ceiling" unit={unit} value={rule.ceiling} label={t("admin.ceiling_of", { name: title })} />
        </label>
        <button type="submit" class="button outline">{t("admin.set")}</button>
      </AdminForm>
    </li>
  );
}

function RateRow({ rule, newId }: { rule: RateLimitRule; newId: NewId }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  return (
    <li class="row limit-row">
      <div>
        <strong>
          <code>{rule.name}</code>
        </strong>
        <div class="sub">{describe(texts, rule)}</div>
      </div>
      <AdminForm
        action="/admin/limits/rates"
        step="admin"
        newId={newId}
        values={{ name: rule.name }}
        className="pair-form"
      >
        <RateInput label={t("admin.burst")} name="capacity" value={rule.capacity} of={rule.name} />
        <RateInput label={t("admin.refill")} name="refill_per_s" value={rule.refill_per_s} of={rule.name} />
        <button type="submit" class="button outline">{t("admin.set")}</button>
      </AdminForm>
    </li>
  );
}

function RateInput({ label, name, value, of }: { label: string; name: string; value: string; of: string }) {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      <input
        type="text"
        name={name}
        value={value}
        inputMode="decimal"
        pattern="[0-9]{1,7}([.,][0-9]{1,6})?"
        maxLength={14}
        required
        autocomplete="off"
        aria-label={`${label}: ${of}`}
      />
    </label>
  );
}

/** What a rule is for, in the reader's language; rules newer than the catalogue in the database's own words. */
function describe({ t }: Texts, { name, description }: RateLimitRule): string {
  const known = DESCRIBED.find((each) => each === name);
  return known ? t(`admin.rate_${known}`) : description;
}
