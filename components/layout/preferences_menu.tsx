import type { JSX } from "preact";
import { type Locale, LOCALES } from "../../lib/kernel/text.ts";
import { THEMES } from "../../lib/kernel/theme.ts";
import { PreferencesIcon } from "./icons.tsx";
import type { PageContext } from "./page_context.ts";
import { useTexts } from "./texts.ts";

/** Each language by its own name, which is how its speakers find it. */
const LANGUAGES: Readonly<Record<Locale, string>> = { en: "English", fr: "Français", es: "Español" };

/** Language, theme and time zone: a menu of plain buttons that post, so that it works without a script. */
export function PreferencesMenu({ ctx }: { ctx: PageContext }): JSX.Element {
  const { t } = useTexts();
  // Without what somebody else may have written behind the path.
  const [path = "/"] = ctx.returnTo.split("?");
  return (
    <details class="menu preferences-menu" data-menu>
      <summary aria-label={t("layout.preferences")} title={t("layout.preferences")}>
        <PreferencesIcon />
      </summary>
      <form class="menu-panel" action="/preferences" method="post">
        <input type="hidden" name="next" value={ctx.returnTo} />
        <p class="menu-head" id="language-head">{t("layout.language")}</p>
        <div role="group" aria-labelledby="language-head">
          {LOCALES.map((locale) => (
            <button
              key={locale}
              type="submit"
              name="locale"
              value={locale}
              lang={locale}
              class="menu-item"
              aria-pressed={locale === ctx.locale}
            >
              {LANGUAGES[locale]}
            </button>
          ))}
        </div>
        <p class="menu-head" id="theme-head">{t("layout.theme")}</p>
        <div role="group" aria-labelledby="theme-head">
          {THEMES.map((theme) => (
            <button
              key={theme}
              type="submit"
              name="theme"
              value={theme}
              class="menu-item"
              aria-pressed={theme === ctx.theme}
            >
              {t(`layout.theme_${theme}`)}
            </button>
          ))}
        </div>
        <p class="menu-head" id="zone-head">{t("layout.time_zone")}</p>
        <div role="group" aria-labelledby="zone-head">
          <a class="menu-item" href={`/preferences?${new URLSearchParams({ next: path })}`}>
            {ctx.timeZone.replaceAll("_", " ")}
          </a>
        </div>
      </form>
    </details>
  );
}
