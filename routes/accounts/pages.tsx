import { z } from "zod";
import { LoginPage } from "../../components/accounts/login_page.tsx";
import { clearSessionCookie, clearVerifierCookies } from "../../lib/accounts/edge/cookies.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { isProvider, type Provider } from "../../lib/accounts/session.ts";
import { type Code, CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { App, AppContext } from "../context.ts";
import { emailField, nextField, passwordField, readForm } from "../forms.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { errorText, waitOf } from "./personal.ts";
import { signedIn } from "./signed_in.ts";

/** Characters a sign-in's code may have. */
const CODE_LENGTH_MAX = 512;

const oauthForm = z.object({ provider: z.string(), next: nextField });
const demoForm = z.object({ next: nextField, other: z.string().optional() });
const passwordForm = z.object({ email: emailField, password: passwordField, next: nextField });

/** Adds signing in and out. The browser only ever holds httpOnly cookies. */
export function addAccountPages(app: App, services: Services): void {
  app.get("/login", (c) => showLogin(c, services));
  app.post("/login/oauth", async (c) => {
    const { provider, next } = await readForm(c, oauthForm);
    if (!isProvider(provider) || !(await offeredProviders(services)).includes(provider)) {
      throw new Refusal("unknown_provider", CODES.unknown_provider.title);
    }
    return await startSignIn(c, services, { provider, next });
  });
  app.post("/login/demo", async (c) => {
    if (services.settings.mode !== "local") throw new Refusal("local_only", CODES.local_only.title);
    const { next, other } = await readForm(c, demoForm);
    // The local identity provider is GitHub-shaped; without a hint it asks for a name.
    const queryParams = other === undefined ? { login: "demo" } : undefined;
    return await startSignIn(c, services, { provider: "github", next, ...(queryParams ? { queryParams } : {}) });
  });
  app.post("/login/password", (c) => signInByPassword(c, services));
  app.get("/auth/callback", (c) => finishSignIn(c, services));
  app.post("/logout", (c) => signOut(c, services));
}

async function showLogin(c: AppContext, services: Services): Promise<Response> {
  const { settings } = services;
  const { locale } = preferencesOf(c);
  const next = safeNextPath(c.req.query("next"), defaultNext(services));
  const error = c.req.query("error");
  const session = await sessionOf(c, services);
  if (session !== null && error === undefined) return c.redirect(next, 303);
  const providers = [...await offeredProviders(services)];
  return renderPage(c, services, {
    title: t(locale, "accounts.sign_in"),
    description: t(locale, "accounts.sign_in_title"),
    body: (
      <LoginPage
        providers={providers}
        demo={settings.mode === "local"}
        next={next}
        error={error === undefined ? null : errorText(c, error) ?? t(locale, "code.sign_in_failed")}
      />
    ),
    session,
    cacheControl: "no-store",
  });
}

async function startSignIn(
  c: AppContext,
  { auth, cookieName, settings, ...services }: Services,
  { provider, next, queryParams }: { provider: Provider; next: unknown; queryParams?: Record<string, string> },
): Promise<Response> {
  const target = safeNextPath(typeof next === "string" ? next : null, defaultNext(services));
  const url = await auth.startSignIn(c.get("jar"), cookieName, {
    provider,
    redirectTo: `${settings.publicUrl}/auth/callback?next=${encodeURIComponent(target)}`,
    ...(queryParams ? { queryParams } : {}),
  });
  if (url === null) return toLogin(c, "upstream_unavailable", target);
  return c.redirect(url, 303);
}

/** A wrong address and a wrong password are told alike. */
async function signInByPassword(c: AppContext, services: Services): Promise<Response> {
  const { authApi } = services;
  let form: z.infer<typeof passwordForm>;
  try {
    form = await readForm(c, passwordForm);
  } catch (error) {
    if (error instanceof Refusal) return toLogin(c, "invalid_credentials", defaultNext(services));
    throw error;
  }
  const next = safeNextPath(form.next, defaultNext(services));
  const answer = await authApi.signIn(form.email, form.password);
  if (!answer.ok) {
    const known = answer.code === "rate_limited" || answer.code === "upstream_unavailable";
    return toLogin(c, known ? answer.code : "invalid_credentials", next, waitOf(answer));
  }
  return await signedIn(c, services, answer.data, next);
}

async function finishSignIn(c: AppContext, services: Services): Promise<Response> {
  const { auth, cookieName, logger } = services;
  const jar = c.get("jar");
  const next = safeNextPath(c.req.query("next"), defaultNext(services));
  const code = c.req.query("code") ?? "";
  const log = { request_id: c.get("requestId") };
  // The provider's own words are not repeated: anyone can write them into a link.
  if (code === "" || code.length > CODE_LENGTH_MAX) {
    logger.info("Sign-in came back without a code", log);
    clearVerifierCookies(jar, cookieName);
    return toLogin(c, "sign_in_failed", next);
  }
  const answer = await auth.exchangeCode(jar, cookieName, code);
  clearVerifierCookies(jar, cookieName);
  if (!answer.ok) {
    logger.info("Sign-in was not completed", { ...log, reason: answer.reason });
    if (answer.retryAfter_s !== undefined) return toLogin(c, "rate_limited", next, waitOf(answer));
    return toLogin(c, answer.reason === "rejected" ? "sign_in_failed" : "upstream_unavailable", next);
  }
  return await signedIn(c, services, answer.session, next);
}

async function signOut(c: AppContext, services: Services): Promise<Response> {
  const { auth, cookieName, logger } = services;
  const session = await sessionOf(c, services);
  if (session && !await auth.signOut(session.accessToken)) {
    logger.warn("Sign-out was not confirmed by Auth", { request_id: c.get("requestId") });
  }
  const jar = c.get("jar");
  clearSessionCookie(jar, cookieName);
  clearVerifierCookies(jar, cookieName);
  return c.redirect("/", 303);
}

/**
 * Providers the sign-in page offers. In local mode `github` stands for the local identity provider,
 * which has its own button.
 */
async function offeredProviders({ auth, settings }: Services): Promise<readonly Provider[]> {
  const configured = await auth.providers();
  return settings.mode === "local" ? configured.filter((provider) => provider !== "github") : configured;
}

function toLogin(c: AppContext, code: Code, next: string, more: Record<string, string> = {}): Response {
  return c.redirect(`/login?${new URLSearchParams({ error: code, next, ...more })}`, 303);
}

/** Where a sign-in leads that started nowhere in particular. */
export function defaultNext({ defaultExchange }: Pick<Services, "defaultExchange">): string {
  return defaultExchange === "sim" ? "/markets/sim/BTC-USDT" : "/markets";
}
