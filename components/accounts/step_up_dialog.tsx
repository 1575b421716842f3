import type { JSX } from "preact";
import { Island } from "../layout/island.tsx";
import { usePage } from "../layout/page_provider.ts";
import { useTexts } from "../layout/texts.ts";
import { Hidden } from "./parts.tsx";
import { CodeField } from "./step_up_page.tsx";

/**
 * Asks for a code on the page itself, before a form marked `data-step-up` goes off. Without a script it never opens,
 * and the same form leads over the step-up page.
 */
export function StepUpDialog(): JSX.Element | null {
  const { t } = useTexts();
  const page = usePage();
  if (!page?.user) return null;
  return (
    <Island name="step_up" props={{ offline: t("code.upstream_unavailable") }}>
      <dialog class="dialog" aria-labelledby="step-up-title" aria-describedby="step-up-lead">
        <form action="/step-up" method="post" class="form">
          <Hidden values={{ next: page.returnTo }} />
          <div class="dialog-head">
            <h2 id="step-up-title">{t("accounts.step_up")}</h2>
            <p class="quiet" id="step-up-lead">{t("accounts.step_up_lead")}</p>
          </div>
          <div aria-live="assertive" data-error></div>
          <CodeField />
          <div class="actions">
            <button type="submit" class="button primary">{t("accounts.confirm")}</button>
            <button type="button" class="button outline" data-cancel>{t("accounts.cancel")}</button>
          </div>
          <p class="dialog-foot">
            {t("accounts.step_up_lost")} <a href="/settings/security#recovery">{t("accounts.recovery_use")}</a>
          </p>
        </form>
      </dialog>
    </Island>
  );
}
