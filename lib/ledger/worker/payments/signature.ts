/** Header that carries a signature of a body. */
export const SIGNATURE_HEADER = "outcry-signature";

/** How old a signature may be: whoever caught a message on its way cannot send it again for longer. */
export const SIGNATURE_AGE_s_MAX = 300;

const SIGNATURE_PATTERN = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

/** Signs and checks what two parties with one secret tell each other; the database checks the same in SQL. */
export class Signer {
  readonly #key: Promise<CryptoKey>;

  /** @param secret 32 characters or more. */
  constructor(secret: string) {
    this.#key = crypto.subtle.importKey("raw", bytesOf(secret), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ]);
  }

  /** `t=<Unix s>,v1=<HMAC-SHA256(secret, "<t>.<text>") in hexadecimal>`. */
  async sign(text: string, nowMs: number): Promise<string> {
    const at_s = Math.floor(nowMs / 1_000);
    return `t=${at_s},v1=${await this.hmac(`${at_s}.${text}`)}`;
  }

  /** HMAC-SHA256 of a text in hexadecimal. */
  async hmac(text: string): Promise<string> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, bytesOf(text))).toHex();
  }

  /** Whether `signature` is that of `text`, made within {@link SIGNATURE_AGE_s_MAX}. */
  async verify(text: string, signature: string | null, nowMs: number): Promise<boolean> {
    const [, at, mac = ""] = SIGNATURE_PATTERN.exec(signature ?? "") ?? [];
    if (at === undefined || Math.abs(nowMs / 1_000 - Number(at)) > SIGNATURE_AGE_s_MAX) return false;
    return await this.verifyHmac(`${at}.${text}`, mac);
  }

  /** Whether `mac` is the HMAC of `text`; how long it takes says nothing of where they differ. */
  async verifyHmac(text: string, mac: string): Promise<boolean> {
    if (!/^[0-9a-f]{64}$/.test(mac)) return false;
    return await crypto.subtle.verify("HMAC", await this.#key, Uint8Array.fromHex(mac), bytesOf(text));
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
