import type { JSX } from "preact";
import type { Problem } from "../../lib/kernel/problem.ts";
import { useTexts } from "./texts.ts";

/**
 * What a visitor sees when a page cannot be shown. `detail` was written to be shown, in the API's language; where a
 * page speaks another one, the title says what matters.
 */
export function ErrorPage({ problem }: { problem: Problem }): JSX.Element {
  const { t, locale } = useTexts();
  return (
    <div class="center-page">
      <section class="panel notice">
        <p class="notice-status">{problem.status}</p>
        <h1>{t(`code.${problem.code}`)}</h1>
        {locale === "en" && problem.detail !== problem.title && <p class="notice-detail">{problem.detail}</p>}
        <p class="notice-code">
          {t("error.code")} <code>{problem.code}</code>
        </p>
        <div class="actions">
          <a class="button primary" href="/markets">{t("error.see_markets")}</a>
          <a class="button outline" href="/">{t("error.home")}</a>
        </div>
      </section>
    </div>
  );
}
