import assert from "node:assert/strict";
import type postgres from "postgres";

/** Attempts of one operation whose backend was killed. */
const ATTEMPTS_MAX = 20;

/** Time an answer may take before it is asked for again. */
const ANSWER_MS_MAX = 5_000;

/** Time in which an earlier ask, slow but not lost, still ends. */
const LATE_ANSWER_MS_MAX = 60_000;

const NO_ANSWER = "NO_ANSWER";

/** How a killed backend looks from outside. */
const LOST = new Set(["57P01", "CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECT_TIMEOUT", "ECONNRESET", "EPIPE"]);

/**
 * Asks until there is an answer, as any client would whose connection is lost: every ask is the same, so `ask` has to
 * carry an id by which it is done once. Refusals that `isRefusal` knows answer null; whatever else goes wrong throws.
 */
export async function insist<T>(ask: () => Promise<T>, isRefusal: (message: string) => boolean): Promise<T | null> {
  const late: Promise<T>[] = [];
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    const query = ask();
    try {
      return await withinTime(query, ANSWER_MS_MAX);
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      // Refusals are not kept: an ask that only took its time may be heard after this one, and be granted.
      if (isRefusal(message)) return await firstGranted(late);
      assert.ok(LOST.has(code ?? "") || code === NO_ANSWER, message);
      if (code === NO_ANSWER) late.push(query);
    }
  }
  throw new Error("Cannot get an answer: every attempt was killed");
}

async function firstGranted<T>(asks: Promise<T>[]): Promise<T | null> {
  const ends = await Promise.allSettled(asks.map((ask) => withinTime(ask, LATE_ANSWER_MS_MAX)));
  return ends.find((end) => end.status === "fulfilled")?.value ?? null;
}

/** The driver now and then loses a query whose backend is killed, and then waits for ever. */
async function withinTime<T>(query: Promise<T>, ms: number): Promise<T> {
  const lost = Promise.withResolvers<never>();
  const timer = setTimeout(() => lost.reject(Object.assign(new Error("No answer"), { code: NO_ANSWER })), ms);
  try {
    return await Promise.race([query, lost.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The row of a statement that always answers one. The driver may end a query whose backend was killed with no row at all,
 * once it is connected again: that is no answer.
 */
export async function onlyRow<T extends postgres.Row>(query: Promise<readonly T[]>): Promise<T> {
  const [row] = await query;
  if (!row) throw Object.assign(new Error("No row"), { code: "CONNECTION_CLOSED" });
  return row;
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
