// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";
import type { z } from "zod";
import { canonicalDecimal, stepDigits } from "../kernel/decimal.ts";
import type { AdapterCode, AdapterResult, PoolAssignment, PoolPnl, PoolSubject } from "./adapter.ts";
import type { PnlAnswer } from "./adapter_shapes.ts";

/** How far a module's clock may be ahead of ours. */
export const CLOCK_AHEAD_ms_MAX = 5_000;

/** How old numbers may be while a pool is only shown. */
export const ANSWER_AGE_ms_MAX = 30_000;

/** When numbers have to be of, Unix ms. */
export interface TimeWindow {
  now_ms: number;
  /** The earliest time of use; null takes what is recent. */
  asOf_ms_min: number | null;
}

/** Which code tells of a member that is not what it has to be. */
const MEMBER_CODES: Readonly<Record<string, AdapterCode>> = {
  pool_id: "wrong_pool",
  cycle_no: "wrong_cycle",
  capital: "wrong_capital",
  equity: "invalid_equity",
  pnl: "equity_mismatch",
  currency: "wrong_currency",
  as_of: "stale_answer",
};

/** Parses an answer; what is wrong with it is told by its first wrong member. */
export function parseAnswer<T>(schema: z.ZodType<T>, json: unknown): AdapterResult<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const { path } = parsed.error.issues[0] ?? { path: [] };
  const code = path.length === 1 ? MEMBER_CODES[String(path[0])] : undefined;
  // A member that is missing altogether is another shape, not another number.
  const missing = typeof json !== "object" || json === null || !Object.hasOwn(json, String(path[0]));
  return { ok: false, code: missing ? "answer_malformed" : code ?? "answer_malformed" };
}

/** Whether an answer is about this pool and cycle. */
export function checkSubject(
  answer: PoolSubject,
  { pool_id, cycle_no }: PoolSubject,
): AdapterCode | null {
  if (answer.pool_id !== pool_id) return "wrong_pool";
  return answer.cycle_no === cycle_no ? null : "wrong_cycle";
}

/** Numbers a pool may be valued with, or why these may not: a settlement pays people by them. */
export function checkPnl(answer: PnlAnswer, assignment: PoolAssignment, window: TimeWindow): AdapterResult<PoolPnl> {
  const subject = checkSubject(answer, assignment);
  if (subject !== null) return { ok: false, code: subject };
  const { capital, currency, scale } = assignment;
  if (answer.currency !== currency) return { ok: false, code: "wrong_currency" };
  if (!new Big(answer.capital).eq(capital)) return { ok: false, code: "wrong_capital" };
  if (stepDigits(answer.equity) > scale) return { ok: false, code: "invalid_equity" };
  if (!new Big(capital).plus(answer.pnl).eq(answer.equity)) return { ok: false, code: "equity_mismatch" };
  const asOf_ms = Date.parse(answer.as_of);
  const late = checkTime(asOf_ms, assignment, window);
  if (late !== null) return { ok: false, code: late };
  return { ok: true, value: { equity: canonicalDecimal(answer.equity), pnl: canonicalDecimal(answer.pnl), asOf_ms } };
}

/** Whether numbers are of a time that is of use. */
export function checkTime(
  asOf_ms: number,
  { openedAt_ms }: Pick<PoolAssignment, "openedAt_ms">,
  { now_ms, asOf_ms_min }: TimeWindow,
): "stale_answer" | "future_answer" | null {
  if (asOf_ms > now_ms + CLOCK_AHEAD_ms_MAX) return "future_answer";
  // Clocks differ a little: a cycle that has just begun is no reason to doubt.
  const earliest = asOf_ms_min ?? Math.max(now_ms - ANSWER_AGE_ms_MAX, openedAt_ms - CLOCK_AHEAD_ms_MAX);
  return asOf_ms < earliest ? "stale_answer" : null;
}
