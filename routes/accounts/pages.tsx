import { LoginPage } from "../../components/accounts/login_page.tsx";
import { clearSessionCookie, clearVerifierCookies, writeSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { isProvider, type Provider } from "../../lib/accounts/session.ts";
import { type Code, CODES, isCode } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { App, AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

/** Characters a sign-in's code may have. */
const CODE_LENGTH_MAX = 512;

/** Why a sign-in may have failed, as far as its page tells. Anything else in the address is ignored. */
const LOGIN_ERRORS: Partial<Record<Code, string>> = {
  sign_in_failed: "The sign-in could not be completed. Try again.",
  upstream_unavailable: "The sign-in service does not answer. Try again in a moment.",
  unknown_provider: "That sign-in method is not configured.",
};

/** Adds signing in and out. The browser only ever holds httpOnly cookies. */
export function addAccountPages(app: App, services: Services): void {
  app.get("/login", (c) => showLogin(c, services));
  app.post("/login/oauth", async (c) => {
    const { provider, next } = await readForm(c);
    if (!isProvider(provider) || !(await offeredProviders(services)).includes(provider)) {
      throw new Refusal("unknown_provider", CODES.unknown_provider.title);
    }
    return await startSignIn(c, services, { provider, next });
  });
  app.post("/login/demo", async (c) => {
    if (services.settings.mode !== "local") throw new Refusal("local_only", CODES.local_only.title);
    const { next, other } = await readForm(c);
    // The local identity provider is GitHub-shaped; without a hint it asks for a name.
    const queryParams = other === undefined ? { login: "demo" } : undefined;
    return await startSignIn(c, services, { provider: "github", next, ...(queryParams ? { queryParams } : {}) });
  });
  app.get("/auth/callback", (c) => finishSignIn(c, services));
  app.post("/logout", (c) => signOut(c, services));
}

/**
 * The form a page sent.
 * @throws Refusal `bad_request` when the body is not what its content type says.
 */
async function readForm(c: AppContext): Promise<Record<string, unknown>> {
  try {
    return await c.req.parseBody();
  } catch {
    throw new Refusal("bad_request", "The form could not be read");
  }
}

async function showLogin(c: AppContext, services: Services): Promise<Response> {
  const { settings } = services;
  const next = safeNextPath(c.req.query("next"), defaultNext(services));
  const error = c.req.query("error");
  const session = await sessionOf(c, services);
  if (session !== null && error === undefined) return c.redirect(next, 303);
  const providers = [...await offeredProviders(services)];
  return renderPage(c, services, {
    title: "Sign in",
    description: "Sign in to Outcry.",
    body: (
      <LoginPage
        providers={providers}
        demo={settings.mode === "local"}
        next={next}
        error={error === undefined ? null : loginError(error)}
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
    return toLogin(c, answer.reason === "rejected" ? "sign_in_failed" : "upstream_unavailable", next);
  }
  writeSessionCookie(jar, cookieName, answer.session);
  logger.info("Signed in", log);
  return c.redirect(next, 303);
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

function toLogin(c: AppContext, code: Code, next: string): Response {
  return c.redirect(`/login?${new URLSearchParams({ error: code, next })}`, 303);
}

function loginError(code: string): string {
  return (isCode(code) ? LOGIN_ERRORS[code] : undefined) ?? "The sign-in could not be completed. Try again.";
}

function defaultNext({ defaultExchange }: Pick<Services, "defaultExchange">): string {
  return defaultExchange === "sim" ? "/markets/sim/BTC-USDT" : "/markets";
}
