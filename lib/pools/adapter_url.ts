/** What the worker's operator allows. */
export interface UrlPolicy {
  mode: "local" | "production";
  /** Names under which the worker has a secret: an operator who lists a host and port there allows them. */
  secretNames: ReadonlySet<string>;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Names that point into a network rather than out of it. */
const PRIVATE_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/;

/**
 * The address of a module, without a slash at its end, or null when it may not be asked: https alone (plain http on
 * loopback in local mode), no user or password, no query or fragment, and no private host unless the operator has named
 * it. Names are judged as they are written: who may give a pool an address is an administrator, and what a public name
 * resolves to is the operator's network's business.
 */
export function moduleUrl(text: string, { mode, secretNames }: UrlPolicy): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  url.pathname = url.pathname.replace(/\/+$/, "");
  const loopback = LOOPBACK.has(url.hostname);
  if (mode === "local" && loopback) return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  if (url.protocol !== "https:") return null;
  return !isPrivateHost(url.hostname) || secretNames.has(url.host) ? url : null;
}

/** Whether a host, as a parsed URL writes it, is an address or a name of a private network. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateV6(host.slice(1, -1));
  // The URL parser has turned every way of writing an IPv4 address (decimal, octal, short) into this one.
  const octets = host.match(/^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/);
  if (octets !== null) return isPrivateV4(octets.slice(1).map(Number));
  return !host.includes(".") || PRIVATE_NAME.test(host);
}

/** Everything that IANA's special-purpose registry does not call globally reachable. */
function isPrivateV4([a = 0, b = 0, c = 0]: number[]): boolean {
  return a === 0 || a === 10 || a === 127 || a >= 224 || (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) ||
    (a === 192 && b === 0 && (c === 0 || c === 2)) || (a === 198 && (b === 18 || b === 19)) ||
    (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113);
}

/** Only 2000::/3 is handed out, and of it documentation (2001:db8::/32), 6to4 and Teredo lead elsewhere. */
function isPrivateV6(address: string): boolean {
  const [first = "", second = ""] = address.split(":");
  const head = Number.parseInt(first === "" ? "0" : first, 16);
  if (head < 0x2000 || head > 0x3fff || head === 0x2002) return true;
  const next = Number.parseInt(second === "" ? "0" : second, 16);
  return head === 0x2001 && (next === 0xdb8 || next < 0x200);
}
