/** Characters an address may have (RFC 5321); the index on it takes no much longer one. */
const EMAIL_LENGTH_MAX = 254;
/** What hosted Auth takes for an address: plain letters alone, so that none can look like another. */
const ADDRESS =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/**
 * The one form of an e-mail address, or null when it is none. Compatibility forms (full-width letters and the like)
 * become plain ones before anything is compared: "ＡＤＡ＠example.com" is no second account, and no letter that only
 * lower-casing makes equal ("K", the Kelvin sign) gets somebody else's mail. Domains may be international.
 */
export function normaliseEmail(text: string): string | null {
  if (text.length > EMAIL_LENGTH_MAX) return null;
  const plain = text.normalize("NFKC").toLowerCase();
  // What cannot be seen, some parsers drop.
  if (/[\p{C}\p{Z}]/u.test(plain)) return null;
  const at = plain.lastIndexOf("@");
  if (at < 1) return null;
  const domain = plain.slice(at + 1);
  const host = /^[\x21-\x7e]*$/.test(domain) ? domain : URL.parse(`http://${domain}`)?.hostname ?? "";
  const address = `${plain.slice(0, at)}@${host}`;
  return address.length <= EMAIL_LENGTH_MAX && ADDRESS.test(address) ? address : null;
}
