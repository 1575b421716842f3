import type { JSX } from "preact";
import { GithubIcon, GoogleIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { EMAIL_LENGTH_MAX, Field, Hidden, TaskCard } from "./parts.tsx";

/** A sign-in provider Supabase Auth may be configured with. */
export type Provider = "google" | "github";

export interface LoginPageProps {
  providers: Provider[];
  /** Offer the local demo accounts. */
  demo: boolean;
  /** Path to go to after signing in. */
  next: string;
  /** Why the last try failed, as a sentence to show. */
  error: string | null;
}

/** Sign-in: plain forms, no script needed. */
export function LoginPage({ providers, demo, next, error }: LoginPageProps): JSX.Element {
  const { t } = useTexts();
  const query = `?${new URLSearchParams({ next })}`;
  return (
    <TaskCard
      title={t("accounts.sign_in_title")}
      lead={demo ? t("accounts.demo_lead") : t("accounts.sign_in_lead")}
      error={error}
    >
      {demo && (
        <form action="/login/demo" method="post" class="stack">
          <Hidden values={{ next }} />
          <button type="submit" class="button primary large">{t("accounts.demo_continue")}</button>
          <button type="submit" class="button secondary large" name="other" value="1">
            {t("accounts.demo_other")}
          </button>
        </form>
      )}
      {providers.length > 0 && (
        <div class="stack">
          {providers.map((provider) => <ProviderForm key={provider} provider={provider} next={next} />)}
        </div>
      )}
      {(demo || providers.length > 0) && <p class="divider">{t("accounts.or")}</p>}
      <form action="/login/password" method="post" class="form">
        <Hidden values={{ next }} />
        <Field
          label={t("accounts.email")}
          name="email"
          type="email"
          autocomplete="username"
          maxLength={EMAIL_LENGTH_MAX}
        />
        <Field label={t("accounts.password")} name="password" type="password" autocomplete="current-password" />
        <button type="submit" class={`button large ${demo ? "secondary" : "primary"}`}>{t("accounts.sign_in")}</button>
        <p class="form-links">
          <a href={`/login/link${query}`}>{t("accounts.mail_link")}</a>
          <a href="/password/reset">{t("accounts.forgot")}</a>
        </p>
      </form>
      <p class="login-foot">
        {t("accounts.no_account")} <a href={`/register${query}`}>{t("accounts.register")}</a>
        <br />
        {t("accounts.just_looking")} <a href="/markets">{t("accounts.watch_markets")}</a>
      </p>
    </TaskCard>
  );
}

function ProviderForm({ provider, next }: { provider: Provider; next: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <form action="/login/oauth" method="post">
      <Hidden values={{ provider, next }} />
      <button type="submit" class="button outline large">
        {provider === "google" ? <GoogleIcon /> : <GithubIcon />}
        {t("accounts.continue_with", { provider: provider === "google" ? "Google" : "GitHub" })}
      </button>
    </form>
  );
}
