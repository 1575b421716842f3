import type { StackConfig } from "../config.ts";
import { RateLimit } from "./rate_limit.ts";

const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
const MAIL_PATHS: ReadonlySet<string> = new Set(["/otp", "/magiclink", "/recover", "/resend", "/reauthenticate"]);
/** Where a code is guessed. */
const CODE_PATH = /^(\/verify|\/factors\/[^/]+\/(challenge|verify))$/;

/** How often one address may ask Auth, by config.toml's `[auth.rate_limit]`. */
export class AuthLimits {
  readonly #signIn: RateLimit;
  readonly #refresh: RateLimit;
  readonly #verify: RateLimit;
  readonly #mail: RateLimit;

  constructor(limits: StackConfig["auth"]["rate_limit"], nowMs: () => number) {
    const perFiveMinutes = (count_max: number) => new RateLimit({ count_max, window_ms: FIVE_MINUTES_MS }, nowMs);
    this.#signIn = perFiveMinutes(limits.sign_in_sign_ups);
    this.#refresh = perFiveMinutes(limits.token_refresh);
    this.#verify = perFiveMinutes(limits.token_verifications);
    this.#mail = new RateLimit({ count_max: limits.email_sent, window_ms: HOUR_MS }, nowMs);
  }

  /** Counts a request; false when it is one too many. */
  mayGoOn(method: string, path: string, url: URL, address: string): boolean {
    if (path === "/token" && url.searchParams.get("grant_type") === "refresh_token") return this.#refresh.take(address);
    if (path === "/token" || path === "/signup") return this.#signIn.take(address);
    if (CODE_PATH.test(path) || (path === "/user" && method === "PUT")) return this.#verify.take(address);
    if (MAIL_PATHS.has(path)) return this.#mail.take(address);
    return true;
  }
}
