import { z } from "zod";
import {
  MailLinkPage,
  MailSentPage,
  NewPasswordPage,
  OpenLinkPage,
  RegisterPage,
} from "../../components/accounts/mail_pages.tsx";
import { LINK_TYPES } from "../../lib/accounts/edge/auth_api.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { isWeakPassword } from "../../lib/accounts/password.ts";
import type { Code } from "../../lib/kernel/codes.ts";
import type { App, AppContext } from "../context.ts";
import { emailField, nextField, passwordField, readForm } from "../forms.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { renderOwn } from "./own_page.tsx";
import { defaultNext } from "./pages.tsx";
import { orRefuse, personally, saidTo, toDone, toError, waitOf } from "./personal.ts";
import { signedIn } from "./signed_in.ts";

const credentialsForm = z.object({ email: emailField, password: passwordField, next: nextField });
const addressForm = z.object({ email: emailField, next: nextField });
const passwordForm = z.object({ password: passwordField });
const linkForm = z.object({
  token_hash: z.string().regex(/^[\w-]{16,256}$/),
  type: z.enum(LINK_TYPES),
  next: nextField,
});

/** Adds making an account, and all that goes by mailed links. */
export function addMailPages(app: App, services: Services): void {
  app.get("/register", async (c) => {
    const next = nextOf(services, c.req.query("next"));
    const body = <RegisterPage next={next} {...saidTo(c)} />;
    return renderOwn(c, services, await sessionOf(c, services), "accounts.register", body);
  });
  app.post("/register", (c) => register(c, services));
  for (const [path, kind] of [["/login/link", "link"], ["/password/reset", "reset"]] as const) {
    app.get(path, async (c) => {
      const next = nextOf(services, c.req.query("next"));
      const body = <MailLinkPage kind={kind} next={next} {...saidTo(c)} />;
      const title = kind === "link" ? "accounts.link_title" : "accounts.reset_title";
      return renderOwn(c, services, await sessionOf(c, services), title, body);
    });
    app.post(path, (c) => mailLink(c, services, path, kind));
  }
  app.get(
    "/login/sent",
    async (c) =>
      renderOwn(
        c,
        services,
        await sessionOf(c, services),
        "accounts.sent_title",
        <MailSentPage mailbox={mailboxOf(services)} />,
      ),
  );
  app.get("/auth/confirm", async (c) => {
    const link = linkForm.safeParse(c.req.query());
    if (!link.success) return toError(c, "/login", "sign_in_failed");
    const { token_hash, type } = link.data;
    const values = { token_hash, type, next: nextOf(services, link.data.next) };
    return renderOwn(
      c,
      services,
      await sessionOf(c, services),
      "accounts.confirm_title",
      <OpenLinkPage values={values} />,
    );
  });
  app.post("/auth/confirm", (c) => openLink(c, services));
  app.get("/password/new", (c) =>
    personally(c, services, "/password/new", (session) =>
      Promise.resolve(
        renderOwn(c, services, session, "accounts.password_title", <NewPasswordPage {...saidTo(c)} />),
      )));
  app.post("/password/new", (c) =>
    personally(c, services, "/password/new", async (session) => {
      const { password } = await readForm(c, passwordForm);
      if (isWeakPassword(password, "")) return toError(c, "/password/new", "weak_password");
      orRefuse(await services.authApi.setPassword(session.accessToken, password));
      return toDone(c, "/settings/security", "accounts.saved");
    }));
}

/** An address that has an account already gets a link to it: only its owner learns of that. */
async function register(c: AppContext, services: Services): Promise<Response> {
  const { authApi } = services;
  const form = await checked(readForm(c, credentialsForm));
  if (form === null) return toError(c, "/register", "bad_request");
  const { email, password } = form;
  const next = nextOf(services, form.next);
  if (isWeakPassword(password, email)) return toError(c, "/register", "weak_password", { next });
  const options = { redirectTo: confirmUrl(services, next), locale: preferencesOf(c).locale };
  const answer = await authApi.signUp(email, password, options);
  if (answer.ok && answer.data !== null) {
    return await signedIn(c, services, answer.data, next);
  }
  if (!answer.ok && answer.code !== "conflict") {
    return toError(c, "/register", answer.code, { next, ...waitOf(answer) });
  }
  if (!answer.ok) await authApi.mailLink(email, { ...options, create: false });
  return c.redirect("/login/sent", 303);
}

async function mailLink(
  c: AppContext,
  services: Services,
  path: string,
  kind: "link" | "reset",
): Promise<Response> {
  const { authApi } = services;
  const form = await checked(readForm(c, addressForm));
  if (form === null) return toError(c, path, "bad_request");
  const next = kind === "reset" ? "/password/new" : nextOf(services, form.next);
  const options = { redirectTo: confirmUrl(services, next), locale: preferencesOf(c).locale };
  const answer = kind === "reset"
    ? await authApi.mailReset(form.email, options)
    : await authApi.mailLink(form.email, { ...options, create: true });
  // Whether there is an account is not told; that nothing was sent at all is.
  const isTold = !answer.ok && (answer.code === "rate_limited" || answer.code === "upstream_unavailable");
  return isTold ? toError(c, path, answer.code, { next, ...waitOf(answer) }) : c.redirect("/login/sent", 303);
}

async function openLink(c: AppContext, services: Services): Promise<Response> {
  const { authApi, logger } = services;
  const form = await checked(readForm(c, linkForm));
  if (form === null) return toError(c, "/login", "sign_in_failed");
  const next = nextOf(services, form.next);
  const answer = await authApi.openLink(form.type, form.token_hash);
  if (!answer.ok) {
    logger.info("A mailed link was refused", { request_id: c.get("requestId"), code: answer.code });
    const isTold = answer.code === "rate_limited" || answer.code === "upstream_unavailable";
    const code: Code = isTold ? answer.code : "sign_in_failed";
    return toError(c, "/login", code, { next, ...waitOf(answer) });
  }
  if (answer.data === null) return toDone(c, "/settings", "accounts.email_half");
  return await signedIn(c, services, answer.data, form.type === "recovery" ? "/password/new" : next);
}

/** What the form says, or null where it says nothing we could use. */
async function checked<T>(form: Promise<T>): Promise<T | null> {
  return await form.catch(() => null);
}

/** Where mails wait in local mode, which sends none. */
function mailboxOf({ settings }: Services): string | null {
  return settings.mode === "local" ? `${settings.supabaseUrl}/local/mail` : null;
}

/** The address mailed links lead to. */
export function confirmUrl({ settings }: Pick<Services, "settings">, next: string): string {
  return `${settings.publicUrl}/auth/confirm?next=${encodeURIComponent(next)}`;
}

function nextOf(services: Services, next: string | undefined): string {
  return safeNextPath(next, defaultNext(services));
}
