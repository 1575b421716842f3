import { z } from "zod";
import { StepUpPage } from "../../components/accounts/step_up_page.tsx";
import { writeSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import type { App } from "../context.ts";
import { codeField, nextField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { renderOwn } from "./own_page.tsx";
import { orRefuse, personally, saidTo, toError } from "./personal.ts";

const stepUpForm = z.object({ code: codeField.nullable().catch(null), next: nextField });

/** Adds the page where a second factor is shown; what it was for is then done anew. */
export function addStepUp(app: App, services: Services): void {
  const { authApi, cookieName } = services;
  app.get("/step-up", (c) => {
    const next = safeNextPath(c.req.query("next"), "/settings/security");
    return personally(c, services, next, async (session) => {
      const factors = orRefuse(await authApi.factors(session.accessToken));
      const body = <StepUpPage next={next} ready={factors.some((factor) => factor.verified)} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.step_up", body);
    });
  });
  app.post("/step-up", async (c) => {
    const { code, next: asked } = await readForm(c, stepUpForm);
    const next = safeNextPath(asked, "/settings/security");
    return await personally(c, services, next, async ({ accessToken }) => {
      const factor = orRefuse(await authApi.factors(accessToken)).find(({ verified }) => verified);
      if (factor === undefined) return toError(c, "/step-up", "insufficient_factor", { next });
      if (code === null) return toError(c, "/step-up", "mfa_verification_failed", { next });
      const answer = await authApi.verifyFactor(accessToken, factor.id, code);
      if (!answer.ok && answer.code !== "unauthenticated") return toError(c, "/step-up", answer.code, { next });
      writeSessionCookie(c.get("jar"), cookieName, orRefuse(answer));
      return c.redirect(next, 303);
    });
  });
}
