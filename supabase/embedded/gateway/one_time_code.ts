/** A code of random digits. */
export function makeCode(length: number): string {
  let code = "";
  // Bytes above 249 would make some digits likelier.
  while (code.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < 250 && code.length < length) code += String(byte % 10);
    }
  }
  return code;
}

/** How a code that was mailed to `email` is kept, and what its link carries: the Auth server's own way. */
export async function hashCode(email: string, code: string): Promise<string> {
  const bytes = new TextEncoder().encode(email.toLowerCase() + code);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The link that shows a code's hash to Auth. */
export function verifyLink(url: string, hash: string, type: string, redirectTo: string): string {
  return `${url}/auth/v1/verify?${new URLSearchParams({ token: hash, type, redirect_to: redirectTo })}`;
}
