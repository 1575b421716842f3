/** How far the clocks of the two sides may differ: older signatures are refused. */
export const SIGNATURE_AGE_s_MAX = 300;

/** What a signature is over. */
export interface Signed {
  /** A request's method; an answer has its status in its place, so that neither passes for the other. */
  method: string;
  /** Path and query as they are sent. */
  path: string;
  /** Unix seconds. */
  timestamp: string;
  /** 32 hexadecimal digits, new for each request; an answer carries that of its request. */
  nonce: string;
  body: Uint8Array<ArrayBuffer>;
}

/** Names of the three headers, on requests and on answers. */
export const SIGNATURE_HEADERS = {
  timestamp: "x-outcry-timestamp",
  nonce: "x-outcry-nonce",
  signature: "x-outcry-signature",
} as const;

/** Signs with one secret and checks what is signed with it. */
export class AdapterSigner {
  readonly #key: Promise<CryptoKey>;

  constructor(secret: string) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key = crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["sign", "verify"]);
  }

  /** HMAC-SHA256 over `method\npath\ntimestamp\nnonce\nsha256(body)`, in hexadecimal as the digest in it. */
  async sign(signed: Signed): Promise<string> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, await textOf(signed))).toHex();
  }

  /** Whether `signature` is ours; compared in constant time. */
  async verify(signed: Signed, signature: string): Promise<boolean> {
    if (!/^[0-9a-f]{64}$/.test(signature)) return false;
    return await crypto.subtle.verify("HMAC", await this.#key, Uint8Array.fromHex(signature), await textOf(signed));
  }
}

async function textOf({ method, path, timestamp, nonce, body }: Signed): Promise<Uint8Array<ArrayBuffer>> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
  return new TextEncoder().encode([method, path, timestamp, nonce, digest].join("\n"));
}
