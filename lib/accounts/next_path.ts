/** Characters a path to return to may have: longer ones are no page of ours. */
const NEXT_PATH_LENGTH_MAX = 512;

/**
 * The page to return to after signing in: `candidate` when it is a path on this site, else `fallback`.
 * A link such as `/login?next=//evil.example` must never lead away: browsers read a backslash as a slash,
 * skip tabs and line breaks, and take two slashes for a host.
 */
export function safeNextPath(candidate: string | null | undefined, fallback: string): string {
  if (typeof candidate !== "string" || candidate.length > NEXT_PATH_LENGTH_MAX) return fallback;
  // deno-lint-ignore no-control-regex -- control characters are what is refused here
  if (!/^\/(?!\/)[^\\\x00-\x20\x7f]*$/.test(candidate)) return fallback;
  const base = "http://site.invalid";
  const url = URL.parse(candidate, base);
  if (url === null || url.origin !== base) return fallback;
  // Dot segments are resolved away before the check, or `/.//evil.example` would become a host later.
  const path = `${url.pathname}${url.search}${url.hash}`;
  if (path.startsWith("//")) return fallback;
  // Returning to the sign-in itself would go round in circles.
  return /^\/(login|logout|auth)(\/|\?|#|$)/.test(path) ? fallback : path;
}
