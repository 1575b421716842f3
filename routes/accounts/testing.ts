const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Length of a time step of RFC 6238. */
const STEP_ms = 30_000;

/** The code an authenticator shows at `atMs` (RFC 6238: SHA-1, six digits, steps of 30 s). */
export async function totp(secret: string, atMs: number): Promise<string> {
  const bits = [...secret.replaceAll("=", "")].map((char) => BASE32.indexOf(char).toString(2).padStart(5, "0")).join(
    "",
  );
  const bytes = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(atMs / STEP_ms)));
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
  const offset = mac.getUint8(19) & 15;
  return String((mac.getUint32(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Someone's authenticator app: Auth takes each code once, and none from before the last it took. */
export class Authenticator {
  readonly #secret: string;
  #step = 0;

  /** @param secret the key as the page shows it. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  /**
   * A code that is good now and was not shown yet.
   * @throws Error when all three that are good at a time were: of the step before, this one and the next.
   */
  async next(nowMs = Date.now()): Promise<string> {
    const now = Math.floor(nowMs / STEP_ms);
    const step = Math.max(this.#step + 1, now - 1);
    if (step > now + 1) throw new Error("Cannot show an unused code: three are good at a time");
    this.#step = step;
    return await totp(this.#secret, step * STEP_ms);
  }
}
