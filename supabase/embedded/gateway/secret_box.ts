const NONCE_BYTES = 12;

/** Keeps short secrets in the database so that the database alone cannot read them: AES-256-GCM. */
export class SecretBox {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** Derives the key from `secret`, apart from every other use of it by `purpose`. */
  static async create(secret: string, purpose: string): Promise<SecretBox> {
    const material = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "HKDF", false, [
      "deriveKey",
    ]);
    const info = new TextEncoder().encode(purpose);
    const key = await crypto.subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
      material,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
    return new SecretBox(key);
  }

  /** Encrypts `text` for the row `id`: moved to another row it cannot be read. */
  async seal(id: string, text: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const sealed = await crypto.subtle.encrypt(parameters(iv, id), this.#key, new TextEncoder().encode(text));
    return `${iv.toBase64()}.${new Uint8Array(sealed).toBase64()}`;
  }

  /**
   * Decrypts what {@link seal} made.
   * @throws when it was changed, moved, or made with another key.
   */
  async open(id: string, sealed: string): Promise<string> {
    const [nonce = "", data = ""] = sealed.split(".");
    const iv = Uint8Array.fromBase64(nonce);
    const text = await crypto.subtle.decrypt(parameters(iv, id), this.#key, Uint8Array.fromBase64(data));
    return new TextDecoder().decode(text);
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, id: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) };
}
