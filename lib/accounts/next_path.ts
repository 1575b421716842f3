/** Characters a path to return to may have: longer ones are no page of ours. */
const NEXT_PATH_LENGTH_MAX = 512;

/**
 * The page to return to after signing in: `candidate` when it is a path on this site, else `fallback`.
 * A link such as `/login?next=//evil.example` must never lead away: browsers read a backslash as a slash,
 * skip tabs and line breaks, and take two slashes for a host.
 */
export function safeNextPath(candidate: string | null | undefined, fallback: string): string {
  const path = ownPath(candidate);
  // Returning to the sign-in itself would go round in circles.
  return path === null || /^\/(login|logout|auth)(\/|\?|#|$)/.test(path) ? fallback : path;
}

/** `candidate` as a path on this site, whichever page it is; null when it leads elsewhere or nowhere. */
export function ownPath(candidate: string | null | undefined): string | null {
  if (typeof candidate !== "string" || candidate.length > NEXT_PATH_LENGTH_MAX) return null;
  // deno-lint-ignore no-control-regex -- control characters are what is refused here
  if (!/^\/(?!\/)[^\\\x00-\x20\x7f]*$/.test(candidate)) return null;
  const base = "http://site.invalid";
  const url = URL.parse(candidate, base);
  if (url === null || url.origin !== base) return null;
  // Dot segments are resolved away before the check, or `/.//evil.example` would become a host later.
  const path = `${url.pathname}${url.search}${url.hash}`;
  return path.startsWith("//") ? null : path;
}
