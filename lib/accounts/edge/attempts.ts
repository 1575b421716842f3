import { z } from "zod";
import { currentCaller } from "../../kernel/edge/caller.ts";
import { CODES } from "../../kernel/codes.ts";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import type { Logger } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/problem.ts";
import type { Auth, AuthAnswer } from "./auth.ts";
import type { AuthApi, AuthResult } from "./auth_api.ts";

/** What attempts are limited with. */
export interface AttemptsOptions {
  auth: Auth;
  authApi: AuthApi;
  rpc: Rpc;
  logger: Logger;
}

/** What is asked of an address: each kind is counted by itself. */
type Kind = "password" | "mail" | "register";

/** What `take_rate_limit()` answers, as far as it matters here. */
const takenSchema = z.object({ allowed: z.boolean(), retry_s: z.int() });

/**
 * Slows guessing down: whatever may be tried again and again is counted in the database before Auth judges it, by the
 * account meant and by where the request comes from, and refused with `rate_limited` when it is too much. What names no
 * account takes from its caller's own share: Auth counts by address, and to it all our visitors come from ours.
 */
export function limitAttempts(
  { auth, authApi, rpc, logger }: AttemptsOptions,
): Pick<AttemptsOptions, "auth" | "authApi"> {
  const begin = (kind: Kind, email: string) =>
    refusalOf(async () =>
      await rpc.call("begin_sign_in", { p_kind: kind, p_email: email, p_device: await currentDevice() })
    );
  const take = (rule: "auth_link" | "auth_refresh", accessToken: string | null = null) =>
    refusalOf(async () => {
      const answer = await rpc.call("take_rate_limit", { p_rule: rule }, { accessToken });
      const { allowed, retry_s } = takenSchema.parse(answer);
      if (!allowed) throw new Refusal("rate_limited", CODES.rate_limited.title, retry_s);
    });
  const finish = async (accessToken: string) => {
    const refused = await refusalOf(async () =>
      await rpc.call("finish_sign_in", { p_device: await currentDevice() }, { accessToken })
    );
    // Whoever has signed in is signed in: at worst the next wrong password has to wait.
    if (refused !== null) logger.warn("Sign-in was not noted", { code: refused.code });
  };
  const limited: AuthApi = {
    ...authApi,
    signUp: async (email, password, options) =>
      await begin("register", email) ?? await authApi.signUp(email, password, options),
    async signIn(email, password) {
      const answer = await begin("password", email) ?? await authApi.signIn(email, password);
      if (answer.ok) await finish(answer.data.access_token);
      return answer;
    },
    mailLink: async (email, options) => await begin("mail", email) ?? await authApi.mailLink(email, options),
    mailReset: async (email, options) => await begin("mail", email) ?? await authApi.mailReset(email, options),
    changeEmail: async (accessToken, email, options) =>
      await begin("mail", email) ?? await authApi.changeEmail(accessToken, email, options),
    async openLink(type, tokenHash) {
      const answer = await take("auth_link") ?? await authApi.openLink(type, tokenHash);
      if (answer.ok && answer.data !== null) await finish(answer.data.access_token);
      return answer;
    },
    setPassword: async (accessToken, password) =>
      await take("auth_link", accessToken) ?? await authApi.setPassword(accessToken, password),
    async verifyFactor(accessToken, factorId, code) {
      const refused = await refusalOf(async () =>
        await rpc.call("begin_second_factor", { p_device: await currentDevice() }, { accessToken })
      );
      const answer = refused ?? await authApi.verifyFactor(accessToken, factorId, code);
      if (answer.ok) await finish(answer.data.access_token);
      return answer;
    },
  };
  return {
    authApi: limited,
    auth: {
      ...auth,
      async exchangeCode(jar, cookieName, code) {
        const refused = await take("auth_link");
        if (refused !== null) return unavailable(refused);
        const answer = await auth.exchangeCode(jar, cookieName, code);
        if (answer.ok) await finish(answer.session.access_token);
        return answer;
      },
      async refresh(refreshToken) {
        const refused = await take("auth_refresh");
        return refused === null ? await auth.refresh(refreshToken) : unavailable(refused);
      },
    },
  };
}

/** A share used up is no verdict on the code or token: it may be shown again. */
function unavailable({ retryAfter_s }: AuthResult<never> & { ok: false }): AuthAnswer {
  return { ok: false, reason: "unavailable", ...(retryAfter_s ? { retryAfter_s } : {}) };
}

async function currentDevice(): Promise<string | null> {
  return await currentCaller()?.device() ?? null;
}

/** What the database refuses, in the shape of Auth's refusals; null when it agrees. */
async function refusalOf(call: () => Promise<unknown>): Promise<(AuthResult<never> & { ok: false }) | null> {
  try {
    await call();
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, code: error.code, retryAfter_s: error.retryAfter_s };
  }
}
