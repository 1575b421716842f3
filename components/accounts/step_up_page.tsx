import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { CODE_PATTERN, Field, Hidden, type Said, TaskCard } from "./parts.tsx";

/** Asks for a code of the authenticator; `ready` is false while none is set up. */
export function StepUpPage({ next, ready, error }: Said & { next: string; ready: boolean }): JSX.Element {
  const { t } = useTexts();
  if (!ready) {
    return (
      <TaskCard title={t("accounts.step_up")} lead={t("accounts.step_up_none")}>
        <a class="button primary large" href="/settings/security">{t("accounts.authenticator_add")}</a>
      </TaskCard>
    );
  }
  return (
    <TaskCard title={t("accounts.step_up")} lead={t("accounts.step_up_lead")} error={error ?? null}>
      <form action="/step-up" method="post" class="form">
        <Hidden values={{ next }} />
        <CodeField />
        <button type="submit" class="button primary large">{t("accounts.confirm")}</button>
      </form>
      <p class="login-foot">
        {t("accounts.step_up_lost")} <a href="/settings/security#recovery">{t("accounts.recovery_use")}</a>
      </p>
    </TaskCard>
  );
}

/** Six digits; phones offer the keypad and what a message brought. */
export function CodeField(): JSX.Element {
  const { t } = useTexts();
  return (
    <Field
      label={t("accounts.code")}
      name="code"
      autocomplete="one-time-code"
      inputMode="numeric"
      pattern={CODE_PATTERN}
      maxLength={6}
      autofocus
    />
  );
}
