import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { StepUpPage } from "../../components/accounts/step_up_page.tsx";
import { writeSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { isStepUpDue, isStepUpKind } from "../../lib/accounts/step_up.ts";
import type { Code } from "../../lib/kernel/codes.ts";
import { toProblem } from "../../lib/kernel/problem.ts";
import type { App, AppContext } from "../context.ts";
import { codeField, nextField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { renderOwn } from "./own_page.tsx";
import { errorText, NO_STORE, orRefuse, personally, saidTo, toError } from "./personal.ts";

const stepUpForm = z.object({ code: codeField.nullable().catch(null), next: nextField });

/**
 * Adds the page where a second factor is shown; what it was for is then done anew. A page's dialog asks the same of it
 * as JSON, before it sends the form it holds back.
 */
export function addStepUp(app: App, services: Services): void {
  const { authApi, nowMs } = services;
  app.get("/step-up", (c) => {
    const next = safeNextPath(c.req.query("next"), "/settings/security");
    return personally(c, services, next, async (session) => {
      const factors = orRefuse(await authApi.factors(session.accessToken));
      const body = <StepUpPage next={next} ready={factors.some((factor) => factor.verified)} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.step_up", body);
    });
  });
  // A hint for the dialog: who answers wrong here is refused by the database or Auth all the same.
  app.get(
    "/step-up/needed",
    (c) =>
      personally(c, services, "/settings/security", async ({ accessToken, secondFactorAtMs }) => {
        const kind = c.req.query("for");
        const due = isStepUpDue(isStepUpKind(kind) ? kind : "fresh", secondFactorAtMs, nowMs());
        const needed = due && orRefuse(await authApi.factors(accessToken)).some((factor) => factor.verified);
        return c.json({ needed }, 200, { "cache-control": NO_STORE });
      }),
  );
  app.post("/step-up", async (c) => {
    const { code, next: asked } = await readForm(c, stepUpForm);
    const next = safeNextPath(asked, "/settings/security");
    return await personally(c, services, next, async (session) => {
      const refusal = await showCode(c, services, session, code);
      if (!wantsJson(c)) return refusal ? toError(c, "/step-up", refusal, { next }) : c.redirect(next, 303);
      if (refusal === null) return c.json({ ok: true }, 200, { "cache-control": NO_STORE });
      // The dialog shows the detail, so it speaks the page's language.
      const problem = toProblem(refusal, errorText(c, refusal) ?? refusal);
      return c.json(problem, problem.status as ContentfulStatusCode, {
        "content-type": "application/problem+json",
        "cache-control": NO_STORE,
      });
    });
  });
}

/** Shows a code to Auth and keeps the session it raises; answers why not where it was refused. */
async function showCode(
  c: AppContext,
  { authApi, cookieName }: Services,
  { accessToken }: Session,
  code: string | null,
): Promise<Code | null> {
  const factor = orRefuse(await authApi.factors(accessToken)).find(({ verified }) => verified);
  if (factor === undefined) return "insufficient_factor";
  if (code === null) return "mfa_verification_failed";
  const answer = await authApi.verifyFactor(accessToken, factor.id, code);
  if (!answer.ok && answer.code !== "unauthenticated") return answer.code;
  writeSessionCookie(c.get("jar"), cookieName, orRefuse(answer));
  return null;
}

function wantsJson(c: AppContext): boolean {
  return c.req.header("accept") === "application/json";
}
