import type { Rpc } from "../../kernel/edge/supabase.ts";
import { Refusal } from "../../kernel/problem.ts";
import { type DeviceHeaders, deviceName, deviceTraits } from "../device.ts";
import type { CookieJar } from "./cookies.ts";
import type { Session } from "./sessions.ts";

/** How long a browser is known: 400 days, the longest a browser keeps a cookie. */
export const DEVICE_COOKIE_s = 400 * 24 * 3600;

/** Time for which a session is believed to live, so that a page costs the database nothing most of the time. */
export const LIVE_BELIEVED_ms = 30_000;

/** Sessions remembered at once; the ones asked about longest ago are forgotten first. */
const SESSIONS_MAX = 20_000;

/** What {@link Devices} are made of. */
export interface DevicesOptions {
  rpc: Rpc;
  cookieName: string;
  nowMs: () => number;
  random: (bytes: number) => Uint8Array;
}

/** Tells the database which device a session runs on, and hears from it whether the session still lives. */
export class Devices {
  readonly #options: DevicesOptions;
  /** Marks made for browsers whose request is still under way. */
  readonly #made = new WeakMap<CookieJar, string>();
  /** Session id → when it was last told. */
  readonly #told = new Map<string, number>();

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  /**
   * Notes the device of `session`, at most once in {@link LIVE_BELIEVED_ms} unless `now` is asked for.
   * @param jar where the browser's own mark is kept; null for programs, which keep no cookies.
   * @returns false when the session has ended.
   * @throws Refusal when the database could not be asked.
   */
  async touch(session: Session, headers: DeviceHeaders, jar: CookieJar | null, now = false): Promise<boolean> {
    const { rpc, nowMs } = this.#options;
    const id = session.sessionId;
    if (id === null || (!now && nowMs() - (this.#told.get(id) ?? -Infinity) < LIVE_BELIEVED_ms)) return true;
    // Told before the answer: a database in trouble is not asked again by every page.
    this.#told.delete(id);
    this.#told.set(id, nowMs());
    if (this.#told.size > SESSIONS_MAX) this.#told.delete(this.#told.keys().next().value ?? "");
    const traits = deviceTraits(headers);
    const mark = jar === null ? "" : this.#mark(jar);
    try {
      await rpc.call("touch_device", {
        p_fingerprint: await fingerprintOf([mark, traits.family, traits.platform, traits.languages]),
        p_name: deviceName(traits),
      }, { accessToken: session.accessToken });
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthenticated") throw error;
      this.#told.delete(id);
      return false;
    }
  }

  /** What stands for a browser where sign-ins are counted: a hash of its mark, which is made when it has none. */
  async placeOf(jar: CookieJar): Promise<string> {
    return await fingerprintOf(["place", this.#mark(jar)]);
  }

  /** The browser's own random mark, made when it has none. */
  #mark(jar: CookieJar): string {
    const name = deviceCookieName(this.#options.cookieName);
    const sent = jar.sent.get(name);
    if (sent !== undefined && /^[0-9a-f]{32}$/.test(sent)) return sent;
    const made = this.#made.get(jar);
    if (made !== undefined) return made;
    const mark = this.#options.random(16).toHex();
    this.#made.set(jar, mark);
    jar.set(name, mark, { maxAgeSeconds: DEVICE_COOKIE_s });
    return mark;
  }
}

/** Name of the cookie with a browser's mark; it outlives sessions, or every sign-in would be a new device. */
export function deviceCookieName(cookieName: string): string {
  return `${cookieName}-device`;
}

async function fingerprintOf(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(parts.join("\n"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
