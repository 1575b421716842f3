import type { JSX } from "preact";
import { GithubIcon, GoogleIcon, InfoIcon, Logo } from "../layout/icons.tsx";

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
  return (
    <div class="center-page">
      <section class="panel login" aria-labelledby="login-title">
        <Logo />
        <h1 id="login-title">Sign in to Outcry</h1>
        <p class="login-lead">
          {demo
            ? "A demo account is ready. It needs no password."
            : "Charts are open to everyone. An account is yours alone."}
        </p>
        {error !== null && (
          <p class="alert" role="alert">
            <InfoIcon />
            <span>{error}</span>
          </p>
        )}
        {demo && (
          <form action="/login/demo" method="post" class="stack">
            <input type="hidden" name="next" value={next} />
            <button type="submit" class="button primary large">Continue as demo trader</button>
            <button type="submit" class="button secondary large" name="other" value="1">Use another demo name</button>
          </form>
        )}
        {demo && providers.length > 0 && <p class="divider">or</p>}
        {providers.length > 0 && (
          <div class="stack">
            {providers.map((provider) => <ProviderForm key={provider} provider={provider} next={next} />)}
          </div>
        )}
        {!demo && providers.length === 0 && (
          <p class="empty">
            <InfoIcon />
            <span>No sign-in method is configured on this server.</span>
          </p>
        )}
        <p class="login-foot">
          Just looking? <a href="/markets">Watch the markets</a> without an account.
        </p>
      </section>
    </div>
  );
}

function ProviderForm({ provider, next }: { provider: Provider; next: string }): JSX.Element {
  return (
    <form action="/login/oauth" method="post">
      <input type="hidden" name="provider" value={provider} />
      <input type="hidden" name="next" value={next} />
      <button type="submit" class="button outline large">
        {provider === "google" ? <GoogleIcon /> : <GithubIcon />}
        {provider === "google" ? "Continue with Google" : "Continue with GitHub"}
      </button>
    </form>
  );
}
