/** A short-lived access token and when it ends, in Unix ms. */
export interface AccessToken {
  value: string;
  expiresAtMs: number;
}

/** realtime-js asks at each heartbeat (25 s) and the token must outlive the next one. */
const REFRESH_BEFORE_MS = 60_000;

/** A failing endpoint is asked at most this often. */
const RETRY_AFTER_MS = 5_000;

/**
 * Keeps one access token fresh. Concurrent callers share a request.
 * @param load fetches a token; null means nobody is signed in; throws when it cannot tell.
 */
export function createTokenSource(
  load: () => Promise<AccessToken | null>,
  nowMs: () => number,
): () => Promise<string | null> {
  let held: AccessToken | null = null;
  let signedOut = false;
  let pending: Promise<void> | null = null;
  let notBeforeMs = 0;

  async function refresh(): Promise<void> {
    try {
      held = await load();
      signedOut = held === null;
    } catch {
      // Whoever holds a token that still lives keeps it; the next call tries again.
      notBeforeMs = nowMs() + RETRY_AFTER_MS;
    } finally {
      pending = null;
    }
  }

  return async () => {
    const isFresh = held !== null && held.expiresAtMs - nowMs() > REFRESH_BEFORE_MS;
    if (!isFresh && !signedOut && nowMs() >= notBeforeMs) await (pending ??= refresh());
    return held !== null && held.expiresAtMs > nowMs() ? held.value : null;
  };
}

/** Reads `GET /api/v1/auth/token`'s answer; null when it has another shape. */
export function parseAccessToken(body: unknown): AccessToken | null {
  if (typeof body !== "object" || body === null) return null;
  const { access_token: value, expires_at: expiresAt } = body as Record<string, unknown>;
  const expiresAtMs = typeof expiresAt === "number" ? expiresAt * 1000 : Date.parse(String(expiresAt));
  if (typeof value !== "string" || !Number.isFinite(expiresAtMs)) return null;
  return { value, expiresAtMs };
}
