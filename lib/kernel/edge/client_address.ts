/** Whose word about a client's address counts besides the socket's. */
export type TrustedProxies =
  /** Nobody's: the client is whoever connects. */
  | { kind: "none" }
  /** So many proxies stand before us, each of which adds its peer to `X-Forwarded-For`. */
  | { kind: "hops"; hops: number }
  /** One proxy stands before us, which overwrites this header with the client's address. */
  | { kind: "header"; name: string };

/** Proxies that may stand in a row: more is a slip of the keyboard. */
const HOPS_MAX = 10;

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

const HEADER_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Reads `TRUSTED_PROXIES`: a number of hops or a header's name; null for anything else. */
export function parseTrustedProxies(text: string): TrustedProxies | null {
  const word = text.trim().toLowerCase();
  if (/^\d+$/.test(word)) {
    const hops = Number(word);
    return hops === 0 ? { kind: "none" } : hops <= HOPS_MAX ? { kind: "hops", hops } : null;
  }
  return HEADER_NAME.test(word) ? { kind: "header", name: word } : null;
}

/**
 * The client's address as limits count it: IPv4, or the /64 network under IPv6, where one host owns so many. Null when
 * it cannot be told. Headers are believed only as far as `proxies` says, because anyone can write them.
 * @param peer who connected, as the socket says; null without one.
 * @param header reads a request header.
 */
export function clientAddress(
  proxies: TrustedProxies,
  peer: string | null,
  header: (name: string) => string | undefined,
): string | null {
  const told = proxies.kind === "none" ? undefined : proxies.kind === "header"
    ? header(proxies.name)
    // From the right: what stands further left was written by whom we do not know.
    : header("x-forwarded-for")?.split(",").at(-proxies.hops);
  const client = told === undefined ? null : networkOf(told.trim());
  // Whoever reaches us past the proxy is known by the socket.
  return client ?? (peer === null ? null : networkOf(peer));
}

/** `203.0.113.9` as it is, `2001:db8:1:2::9` as `2001:db8:1:2::/64`; null for what is no address. */
export function networkOf(text: string): string | null {
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, "$1").split("%")[0] ?? "";
  const host = bare.replace(/^::ffff:(?=\d+\.)/i, "");
  if (IPV4.test(host)) return host;
  if (!/^[0-9a-f:.]{2,45}$/i.test(host) || !URL.canParse(`http://[${host}]/`)) return null;
  // The URL parser writes an address in its one form, with an IPv4 tail in hexadecimal.
  const canonical = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const before = head.split(":").filter((group) => group !== "");
  const after = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return `${[...before, ...Array<string>(zeros).fill("0"), ...after].slice(0, 4).join(":")}::/64`;
}
