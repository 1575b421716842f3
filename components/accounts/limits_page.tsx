import type { JSX } from "preact";
import { formatLimit, type Limit } from "../../lib/accounts/limits.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { useTexts } from "../layout/texts.ts";
import { limitHint, limitTitle } from "./limit_text.ts";
import { Hidden, type Said, Section } from "./parts.tsx";
import { SettingsFrame } from "./settings_frame.tsx";

/** A limit with the ids its two forms' requests will carry. */
export type ChosenLimit = Limit & { clientId: string; keepId: string };

/** What one allows oneself at most. */
export function LimitsPage({ limits, ...said }: Said & { limits: readonly ChosenLimit[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/limits" {...said}>
      <p class="quiet">{t("limits.lead")}</p>
      {limits.map((limit) => <LimitSection key={limit.name} limit={limit} />)}
    </SettingsFrame>
  );
}

function LimitSection({ limit }: { limit: ChosenLimit }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { name, unit, value, ceiling, pending_value, pending_at } = limit;
  const title = limitTitle(texts, name);
  const bound = t(`limits.bound_${limit.tighter}`, { value: formatLimit(ceiling, unit, locale) });
  return (
    <Section title={title} lead={limitHint(texts, name)}>
      <dl class="facts">
        <dt>{t("limits.now")}</dt>
        <dd>{formatLimit(value, unit, locale)}</dd>
        {pending_value !== null && pending_at !== null && (
          <>
            <dt>{t("limits.pending", { date: formatDayTime(Date.parse(pending_at), locale, timeZone) })}</dt>
            <dd>{formatLimit(pending_value, unit, locale)}</dd>
          </>
        )}
        <dt>{t("limits.default")}</dt>
        <dd>{formatLimit(limit.default_value, unit, locale)}</dd>
      </dl>
      <div class="limit-forms">
        <form action="/settings/limits" method="post" class="inline-form">
          <Hidden values={{ name, client_id: limit.clientId }} />
          <input
            type="text"
            name="value"
            inputMode={unit === "eur" ? "decimal" : "numeric"}
            pattern={unit === "eur" ? "[0-9]{1,10}([.,][0-9]{1,2})?" : "[0-9]{1,10}"}
            maxLength={13}
            required
            value={pending_value ?? value}
            aria-label={t("limits.new_value", { name: title })}
          />
          <button type="submit" class="button outline">{t("limits.change")}</button>
        </form>
        {pending_value !== null && (
          <form action="/settings/limits" method="post">
            <Hidden values={{ name, client_id: limit.keepId, value }} />
            <button type="submit" class="button outline">
              {t("limits.keep", { value: formatLimit(value, unit, locale) })}
            </button>
          </form>
        )}
        <span class="field-hint">
          {bound}. {limit.own_ceiling ? t("limits.own_bound") : ""}
        </span>
      </div>
    </Section>
  );
}
