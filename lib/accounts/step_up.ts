/**
 * How lately a second factor must have been shown, in seconds, by what it is needed for. Auth and the database decide;
 * these tell a page whether to ask before it sends a form that would be refused.
 */
export const STEP_UP_AGES_s = {
  /** Changing how one signs in: Auth asks for a factor in this session, however long ago. */
  session: Infinity,
  /** `private.require_aal2()`. */
  fresh: 15 * 60,
  /** `private.require_admin()`. */
  admin: 12 * 3600,
} as const;

/** See {@link STEP_UP_AGES_s}. */
export type StepUpKind = keyof typeof STEP_UP_AGES_s;

/** Taken off an age, so that a code shown just in time is not too old when the form arrives. */
const MARGIN_s = 30;

/** Whether a text from outside names a kind of ours. */
export function isStepUpKind(value: unknown): value is StepUpKind {
  return typeof value === "string" && Object.hasOwn(STEP_UP_AGES_s, value);
}

/** Whether a session that showed its second factor at `shownAtMs` (Unix ms; null: never) has to show it again. */
export function isStepUpDue(kind: StepUpKind, shownAtMs: number | null, nowMs: number): boolean {
  return shownAtMs === null || nowMs - shownAtMs > (STEP_UP_AGES_s[kind] - MARGIN_s) * 1000;
}
