import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { usePage } from "../layout/page_provider.ts";
import { Choice, Hidden, LANGUAGES, TaskCard, themeOptions, ZoneChoice } from "./parts.tsx";

/** How pages look, for visitors with and without an account: what the header's menu has, and the time zone. */
export function PreferencesPage({ next, timeZones }: { next: string; timeZones: readonly string[] }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  return (
    <TaskCard title={t("layout.preferences")}>
      <form action="/preferences" method="post" class="form">
        <Hidden values={{ next }} />
        <Choice label={t("accounts.language")} name="locale" value={locale} options={LANGUAGES} />
        <Choice
          label={t("accounts.theme")}
          name="theme"
          value={usePage()?.theme ?? "dark"}
          options={themeOptions(texts)}
        />
        <ZoneChoice value={timeZone} zones={timeZones} />
        <button type="submit" class="button primary large">{t("accounts.save")}</button>
      </form>
    </TaskCard>
  );
}
