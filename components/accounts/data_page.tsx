import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { Field, Hidden, type Said, Section } from "./parts.tsx";
import { SettingsFrame } from "./settings_frame.tsx";

/** Taking one's data along, and leaving. */
export function DataPage(
  { username, clientId, ...said }: Said & { username: string; clientId: string },
): JSX.Element {
  const { t } = useTexts();
  return (
    <SettingsFrame path="/settings/data" {...said}>
      <Section title={t("accounts.export")} lead={t("accounts.export_lead")}>
        <form action="/settings/data/export" method="post" class="actions">
          <button type="submit" class="button primary">{t("accounts.export_do")}</button>
        </form>
      </Section>
      <Section title={t("accounts.delete")} lead={t("accounts.delete_lead")}>
        <form action="/settings/data/delete" method="post" class="form" data-step-up="fresh">
          <Hidden values={{ client_id: clientId }} />
          <Field
            label={t("accounts.delete_confirm", { name: username })}
            name="username"
            autocomplete="off"
            maxLength={24}
          />
          <div class="actions">
            <button type="submit" class="button outline danger">{t("accounts.delete_do")}</button>
          </div>
        </form>
      </Section>
    </SettingsFrame>
  );
}
