/** Hexadecimal digits of a pseudonym: enough to tell clients apart, too few to matter if the key leaks. */
const PSEUDONYM_LENGTH = 16;

/**
 * Makes a function that replaces an address by a keyed hash, so that logs tell clients apart without
 * naming them: without the key the few billion addresses could be tried one by one.
 */
export function createPseudonym(hmacKey: string): (address: string) => Promise<string> {
  const encoder = new TextEncoder();
  const key = crypto.subtle.importKey("raw", encoder.encode(hmacKey), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return async (address) => {
    const digest = new Uint8Array(await crypto.subtle.sign("HMAC", await key, encoder.encode(address)));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, PSEUDONYM_LENGTH);
  };
}
