import { currentCaller } from "../../kernel/edge/caller.ts";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import type { Logger } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/problem.ts";
import type { Auth } from "./auth.ts";
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

/**
 * Slows guessing down: whatever may be tried again and again is counted in the database before Auth judges it, by the
 * account meant and by where the request comes from, and refused with `rate_limited` when it is too much.
 */
export function limitAttempts(
  { auth, authApi, rpc, logger }: AttemptsOptions,
): Pick<AttemptsOptions, "auth" | "authApi"> {
  const begin = (kind: Kind, email: string) =>
    refusalOf(async () =>
      await rpc.call("begin_sign_in", { p_kind: kind, p_email: email, p_device: await currentDevice() })
    );
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
      const answer = await authApi.openLink(type, tokenHash);
      if (answer.ok && answer.data !== null) await finish(answer.data.access_token);
      return answer;
    },
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
        const answer = await auth.exchangeCode(jar, cookieName, code);
        if (answer.ok) await finish(answer.session.access_token);
        return answer;
      },
    },
  };
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
