import type { JSX } from "preact";
import { ALERT_CONDITIONS } from "../../lib/market/alerts.ts";
import type { AlertSubject } from "../../lib/market/alert_form.ts";
import { TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { Choice, Field, Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import type { AlertDraft } from "./alerts_panel.tsx";

/** Rests offered, in seconds; empty fires once. */
export const ALERT_REPEATS = ["", "300", "3600", "86400"] as const;

/** Characters of a note. */
export const NOTE_LENGTH_MAX = 200;

/** A form for a new alert. What it watches is chosen first, by a form of its own, because the fields depend on it. */
export function AlertForm({ draft }: { draft: AlertDraft }): JSX.Element {
  const { exchange, symbol, subject, subjects } = draft;
  const { t } = useTexts();
  const nameOf = useIndicatorNames();
  const where = { exchange, symbol, next: draft.next };
  return (
    <>
      <form action="/alerts" method="get" class="inline-form alert-subject" aria-label={t("alerts.what")}>
        <Hidden values={where} />
        <label class="field">
          <span class="field-label">{t("alerts.what")}</span>
          <select name="on" data-submit>
            <option value="">{t("alert_notice.price")}</option>
            {subjects.map(({ id, title }) => (
              <option key={id} value={id} selected={id === subject?.id}>
                {`${id.toUpperCase()}: ${nameOf("title", id, title)}`}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button secondary no-script">{t("alerts.choose")}</button>
      </form>
      <form action="/alerts" method="post" class="alert-form" aria-label={t("alerts.new")}>
        <Hidden values={{ ...where, on: subject?.id ?? "", client_id: draft.clientId }} />
        {subject !== null && <SubjectFields subject={subject} />}
        <Choice
          label={t("alerts.looked_at")}
          name="timeframe"
          value={subject === null ? "" : "15m"}
          options={[
            ...subject === null ? [["", t("alerts.every_price")] as const] : [],
            ...TIMEFRAMES.map((timeframe) => [timeframe, t("alerts.at_close", { timeframe })] as const),
          ]}
        />
        <Choice
          label={t("alerts.condition")}
          name="condition"
          value="crosses_above"
          options={ALERT_CONDITIONS.map((condition) => [condition, t(`alerts.${condition}`)] as const)}
        />
        <Field
          label={subject === null ? t("alerts.value_in", { unit: draft.quote }) : t("alerts.value")}
          name="value"
          value={draft.value}
          inputMode="decimal"
          maxLength={34}
          pattern="-?[0-9]{1,15}([.][0-9]{1,18})?"
        />
        <Choice
          label={t("alerts.repeat")}
          name="repeat"
          value=""
          options={ALERT_REPEATS.map((seconds) => [seconds, t(`alerts.repeat_${seconds || "never"}`)] as const)}
        />
        <Field label={t("alerts.note")} name="note" required={false} maxLength={NOTE_LENGTH_MAX} />
        <button type="submit" class="button primary">{t("alerts.create")}</button>
      </form>
    </>
  );
}

/** The indicator's own parameters, each within its bounds, and which of its values is meant. */
function SubjectFields({ subject }: { subject: AlertSubject }): JSX.Element {
  const { t } = useTexts();
  const nameOf = useIndicatorNames();
  return (
    <>
      {subject.params.map(({ name, kind, min, max, default: value }) => (
        <label key={name} class="field">
          <span class="field-label">{nameOf("part", name, name)}</span>
          <input
            type="number"
            name={`param_${name}`}
            value={String(value)}
            min={min}
            max={max}
            step={kind === "candles" ? 1 : "any"}
            required
          />
        </label>
      ))}
      {subject.outputs.length > 1 && (
        <Choice
          label={t("alerts.output")}
          name="output"
          value={subject.outputs[0] ?? ""}
          options={subject.outputs.map((name) => [name, nameOf("part", name, name)] as const)}
        />
      )}
    </>
  );
}

/** What an indicator, or a part of one, is called in the page's language; one we have no word for by its own name. */
function useIndicatorNames(): (kind: "title" | "part", id: string, fallback: string) => string {
  const { messages } = useTexts();
  return (kind, id, fallback) => messages[`indicator.${kind}_${id}`] ?? fallback;
}
