import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { EMAIL_LENGTH_MAX, Field, Hidden, type Said, TaskCard } from "./parts.tsx";
import { StepUpDialog } from "./step_up_dialog.tsx";

/** Making an account. */
export function RegisterPage({ next, error }: Said & { next: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <TaskCard title={t("accounts.register")} lead={t("accounts.register_lead")} error={error ?? null}>
      <form action="/register" method="post" class="form">
        <Hidden values={{ next }} />
        <Field
          label={t("accounts.email")}
          name="email"
          type="email"
          autocomplete="username"
          maxLength={EMAIL_LENGTH_MAX}
        />
        <NewPassword />
        <button type="submit" class="button primary large">{t("accounts.register")}</button>
      </form>
      <p class="login-foot">
        {t("accounts.have_account")} <a href={`/login?${new URLSearchParams({ next })}`}>{t("accounts.sign_in")}</a>
      </p>
    </TaskCard>
  );
}

/** Asks for an address to mail a link to: one that signs in, or one that resets the password. */
export function MailLinkPage(
  { kind, next, error }: Said & { kind: "link" | "reset"; next: string },
): JSX.Element {
  const { t } = useTexts();
  const isReset = kind === "reset";
  return (
    <TaskCard
      title={t(isReset ? "accounts.reset_title" : "accounts.link_title")}
      lead={t(isReset ? "accounts.reset_lead" : "accounts.link_lead")}
      error={error ?? null}
    >
      <form action={isReset ? "/password/reset" : "/login/link"} method="post" class="form">
        <Hidden values={{ next }} />
        <Field
          label={t("accounts.email")}
          name="email"
          type="email"
          autocomplete="username"
          maxLength={EMAIL_LENGTH_MAX}
        />
        <button type="submit" class="button primary large">{t("accounts.reset_send")}</button>
      </form>
      <p class="login-foot">
        <a href="/login">{t("accounts.sent_back")}</a>
      </p>
    </TaskCard>
  );
}

/** Says the same whether or not the address has an account. */
export function MailSentPage({ mailbox }: { mailbox: string | null }): JSX.Element {
  const { t } = useTexts();
  return (
    <TaskCard title={t("accounts.sent_title")} lead={t("accounts.sent_lead")}>
      {mailbox === null ? null : <a class="button primary large" href={mailbox}>{t("accounts.sent_mailbox")}</a>}
      <p class="login-foot">
        <a href="/login">{t("accounts.sent_back")}</a>
      </p>
    </TaskCard>
  );
}

/** Stands between a mailed link and what it does: programs that look into mails follow links, but press nothing. */
export function OpenLinkPage({ values }: { values: Readonly<Record<string, string>> }): JSX.Element {
  const { t } = useTexts();
  return (
    <TaskCard title={t("accounts.confirm_title")} lead={t("accounts.confirm_lead")}>
      <form action="/auth/confirm" method="post" class="form">
        <Hidden values={values} />
        <button type="submit" class="button primary large">{t("accounts.continue")}</button>
      </form>
    </TaskCard>
  );
}

/** A new password for who came by a reset link or wants another one. */
export function NewPasswordPage({ error }: Said): JSX.Element {
  const { t } = useTexts();
  return (
    <TaskCard title={t("accounts.password_title")} lead={t("accounts.password_lead")} error={error ?? null}>
      <form action="/password/new" method="post" class="form" data-step-up="session">
        <NewPassword />
        <button type="submit" class="button primary large">{t("accounts.save")}</button>
      </form>
      <StepUpDialog />
    </TaskCard>
  );
}

/** What is left to say after an account's end. */
export function DeletedPage(): JSX.Element {
  const { t } = useTexts();
  return <TaskCard title={t("accounts.deleted_title")} lead={t("accounts.deleted_lead")} />;
}

function NewPassword(): JSX.Element {
  const { t } = useTexts();
  return (
    <Field
      label={t("accounts.new_password")}
      name="password"
      type="password"
      autocomplete="new-password"
      minLength={8}
      hint={t("accounts.password_hint")}
    />
  );
}
