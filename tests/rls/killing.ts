import assert from "node:assert/strict";
import type postgres from "postgres";

/** Attempts of one operation whose backend was killed. */
const ATTEMPTS_MAX = 20;

/** Time an answer may take before it is asked for again. */
const ANSWER_MS_MAX = 5_000;

/** How a killed backend looks from outside. */
const LOST = new Set(["57P01", "CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECT_TIMEOUT", "ECONNRESET", "EPIPE"]);

/**
 * Asks until there is an answer, as any client would whose connection is lost: every ask is the same, so `ask` has to
 * carry an id by which it is done once. Refusals that `isRefusal` knows answer null; whatever else goes wrong throws.
 */
export async function insist<T>(ask: () => Promise<T>, isRefusal: (message: string) => boolean): Promise<T | null> {
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    try {
      return await withinTime(ask());
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      if (isRefusal(message)) return null;
      assert.ok(LOST.has(code ?? ""), message);
    }
  }
  throw new Error("Cannot get an answer: every attempt was killed");
}

/** The driver now and then loses a query whose backend is killed, and then waits for ever. */
async function withinTime<T>(query: Promise<T>): Promise<T> {
  const lost = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => lost.reject(Object.assign(new Error("no answer"), { code: "CONNECTION_CLOSED" })),
    ANSWER_MS_MAX,
  );
  try {
    return await Promise.race([query, lost.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Kills backends in the middle of statements that hold `word`, evenly over the run. */
export async function killNowAndThen(
  chief: postgres.Sql,
  { kills, word, progress }: { kills: number; word: string; progress: () => number },
): Promise<void> {
  for (let killed = 0; killed < kills && progress() < 1;) {
    if (progress() < (killed + 0.5) / kills) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const rows = await chief`
      select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'active' and query like ${"%" + word + "%"} and pid <> pg_backend_pid() limit 1`;
    if (rows.length > 0) killed++;
  }
}
