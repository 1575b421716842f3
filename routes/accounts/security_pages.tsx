import { z } from "zod";
import { EnrolPage, RecoveryCodesPage, SecurityPage } from "../../components/accounts/security_page.tsx";
import { writeSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { App, AppContext } from "../context.ts";
import { codeField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { accountOf, renderOwn } from "./own_page.tsx";
import { errorText, newClientId, orRefuse, personally, saidTo, toDone } from "./personal.ts";

const PATH = "/settings/security";

const factorForm = z.object({ factor_id: z.uuid() });
const verifyForm = z.object({
  factor_id: z.uuid(),
  secret: z.string().regex(/^[A-Z2-7]{16,64}$/),
  // Checked below: a slip of the finger must not cost the page with the key on it.
  code: z.string().max(16),
});
const clientForm = z.object({ client_id: z.uuid() });
const recoverForm = z.object({ code: z.string().trim().max(40) });
const codesSchema = z.object({ codes: z.array(z.string()) });
const recoverySchema = z.object({ ok: z.boolean() });

/** Adds the authenticator's and the recovery codes' pages. */
export function addSecurityPages(app: App, services: Services): void {
  const { authApi, rpc } = services;
  app.get(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const [account, factors] = await Promise.all([
        accountOf(services, session),
        authApi.factors(session.accessToken),
      ]);
      const body = (
        <SecurityPage
          factors={orRefuse(factors).filter((factor) => factor.verified)}
          recoveryCodesLeft={account.recovery_codes_left}
          clientId={newClientId(services)}
          {...saidTo(c)}
        />
      );
      return renderOwn(c, services, session, "accounts.security", body);
    }));
  app.post(`${PATH}/enrol`, (c) => enrol(c, services));
  app.post(`${PATH}/verify`, (c) => verify(c, services));
  app.post(`${PATH}/remove`, (c) =>
    personally(c, services, PATH, async ({ accessToken }) => {
      const { factor_id } = await readForm(c, factorForm);
      orRefuse(await authApi.removeFactor(accessToken, factor_id));
      return toDone(c, PATH, "accounts.authenticator_removed");
    }));
  app.post(`${PATH}/recovery`, (c) =>
    personally(c, services, PATH, async (session) => {
      const { client_id } = await readForm(c, clientForm);
      const { accessToken } = session;
      const { codes } = codesSchema.parse(
        await rpc.call("make_recovery_codes", { p_client_id: client_id }, { accessToken }),
      );
      return renderOwn(c, services, session, "accounts.recovery", <RecoveryCodesPage codes={codes} />);
    }));
  app.post(`${PATH}/recover`, (c) =>
    personally(c, services, PATH, async ({ accessToken }) => {
      const { code } = await readForm(c, recoverForm);
      const { ok } = recoverySchema.parse(await rpc.call("use_recovery_code", { p_code: code }, { accessToken }));
      if (!ok) throw new Refusal("invalid_recovery_code", CODES.invalid_recovery_code.title);
      return toDone(c, PATH, "accounts.recovery_used");
    }));
}

function enrol(c: AppContext, services: Services): Promise<Response> {
  const { authApi, nowMs } = services;
  return personally(c, services, PATH, async (session) => {
    const factors = orRefuse(await authApi.factors(session.accessToken));
    // What was begun and left would count against how many one may have.
    for (const { id } of factors.filter((factor) => !factor.verified)) {
      orRefuse(await authApi.removeFactor(session.accessToken, id));
    }
    const name = `Outcry ${new Date(nowMs()).toISOString().slice(0, 16).replace("T", " ")}`;
    const { factorId, secret, qrSvg } = orRefuse(await authApi.enrol(session.accessToken, name));
    const body = <EnrolPage factorId={factorId} secret={secret} qrSvg={qrSvg} />;
    return renderOwn(c, services, session, "accounts.authenticator_add", body);
  });
}

function verify(c: AppContext, services: Services): Promise<Response> {
  return personally(c, services, PATH, async (session) => {
    const { factor_id, secret, code } = await readForm(c, verifyForm);
    const parsed = codeField.safeParse(code);
    const answer = parsed.success
      ? await services.authApi.verifyFactor(session.accessToken, factor_id, parsed.data)
      : { ok: false as const, code: "mfa_verification_failed" as const };
    if (!answer.ok && answer.code === "mfa_verification_failed") {
      const error = errorText(c, answer.code);
      const body = <EnrolPage factorId={factor_id} secret={secret} qrSvg={null} error={error} />;
      return renderOwn(c, services, session, "accounts.authenticator_add", body);
    }
    writeSessionCookie(c.get("jar"), services.cookieName, orRefuse(answer));
    return toDone(c, PATH, "accounts.authenticator_done");
  });
}
