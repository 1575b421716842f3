import { AsyncLocalStorage } from "node:async_hooks";

/** What the database said is left of a caller's limit, in the words of its headers. */
export interface RateLimitNote {
  /** Calls left; of several limits the scarcest is kept. */
  remaining: number;
  headers: readonly (readonly [name: string, value: string])[];
}

/** On whose behalf the edge calls the database. */
export interface Caller {
  /** The client's address; null when it cannot be told. */
  address: string | null;
  /** The hash of the browser's own mark, which is made when there is none; null for programs, which keep no cookies. */
  device: () => Promise<string | null>;
  rateLimit: RateLimitNote | null;
}

/** Headers that tell a limit, as the SQL function rate_headers() writes them. */
export const RATE_HEADERS = [
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  "ratelimit-policy",
  "ratelimit",
] as const;

// Every call to the database needs the address, and what a request sets off passes through many hands: handing it down
// as an argument would only have to be forgotten once for strangers to share a limit.
const callers = new AsyncLocalStorage<Caller | null>();

/**
 * Runs `work`, and whatever it sets off, on behalf of `caller`; null for what the edge does for many at once, which
 * must not count against whoever happened to come first.
 */
export function onBehalfOf<T>(caller: Caller | null, work: () => T): T {
  return callers.run(caller, work);
}

/** On whose behalf the edge works right now. */
export function currentCaller(): Caller | null {
  return callers.getStore() ?? null;
}

/** Keeps what an answer of the database says about the caller's limit, unless a scarcer one is known. */
export function noteRateLimit(headers: Headers): void {
  const caller = currentCaller();
  const told = headers.get("ratelimit-remaining");
  if (caller === null || told === null) return;
  const remaining = Number(told);
  if (!Number.isSafeInteger(remaining) || remaining > (caller.rateLimit?.remaining ?? Infinity)) return;
  caller.rateLimit = {
    remaining,
    headers: RATE_HEADERS.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  };
}
