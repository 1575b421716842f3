import type postgres from "postgres";
import { authError } from "./answers.ts";
import { totpStep } from "./totp.ts";

/** How long a challenge waits for its code, as hosted. */
export const CHALLENGE_MS_MAX = 300_000;
/** Wrong codes in a row that cost nothing but the try. */
const FREE_FAILURES_MAX = 5;
/** What the next wrong code costs; doubled by each further one. */
const BLOCK_MS_MIN = 30_000;
/** Longer, a thief of the password could keep the owner out; shorter, they could guess: this is 96 tries a day. */
const BLOCK_MS_MAX = 900_000;

interface Guard {
  last_step: string;
  failures: number;
  is_blocked: boolean;
}

/** Hosted Auth's refusal of a challenge that is unknown, used, another address's or too old. */
export async function refuseChallenge(
  tx: postgres.TransactionSql,
  factorId: string,
  challengeId: string,
  address: string,
): Promise<Response | undefined> {
  const [challenge] = await tx<{ is_used: boolean; is_elsewhere: boolean; is_expired: boolean }[]>`
    select verified_at is not null as is_used, ip_address <> ${address}::inet as is_elsewhere,
      created_at < now() - ${CHALLENGE_MS_MAX} * interval '1 millisecond' as is_expired
    from auth.mfa_challenges where id = ${challengeId} and factor_id = ${factorId}`;
  if (challenge === undefined) {
    return authError(422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found");
  }
  // Hosted Auth's one answer for both.
  if (challenge.is_used || challenge.is_elsewhere) {
    return authError(422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.");
  }
  if (!challenge.is_expired) return undefined;
  await tx`delete from auth.mfa_challenges where id = ${challengeId}`;
  return authError(
    422,
    "mfa_challenge_expired",
    `MFA challenge ${challengeId} has expired, verify against another challenge or create a new challenge.`,
  );
}

/**
 * Takes a factor's code once, or refuses it. The factor must be locked in this transaction, which must be committed
 * either way: wrong codes are counted.
 */
export async function refuseCode(
  tx: postgres.TransactionSql,
  factor: { id: string; secret: string },
  code: string,
  nowMs: number,
): Promise<Response | undefined> {
  await tx`insert into auth.mfa_factor_guards (factor_id) values (${factor.id}) on conflict do nothing`;
  // The clock, not the transaction's start: it may have waited for the one before it.
  const [guard] = await tx<Guard[]>`
    select last_step, failures, coalesce(blocked_until > clock_timestamp(), false) as is_blocked
    from auth.mfa_factor_guards where factor_id = ${factor.id}`;
  // Before the code is looked at: else the answer would tell whether it is the right one.
  if (guard?.is_blocked) return authError(429, "over_request_rate_limit", "Too many wrong codes: wait and try again");
  const step = totpStep(factor.secret, code, nowMs);
  // A code that was taken once, or one before it, is somebody's who looked on.
  if (step === null || step <= Number(guard?.last_step ?? 0)) {
    const wait_ms = blockMs((guard?.failures ?? 0) + 1);
    await tx`
      update auth.mfa_factor_guards set failures = failures + 1,
        blocked_until = case when ${wait_ms}::integer > 0
          then clock_timestamp() + ${wait_ms}::integer * interval '1 millisecond' end
      where factor_id = ${factor.id}`;
    return authError(422, "mfa_verification_failed", "Invalid TOTP code entered");
  }
  await tx`
    update auth.mfa_factor_guards set last_step = ${step}, failures = 0, blocked_until = null
    where factor_id = ${factor.id}`;
  return undefined;
}

/** How long the factor takes no code after so many wrong ones in a row, in milliseconds. */
function blockMs(failures: number): number {
  if (failures < FREE_FAILURES_MAX) return 0;
  return Math.min(BLOCK_MS_MIN * 2 ** Math.min(failures - FREE_FAILURES_MAX, 10), BLOCK_MS_MAX);
}
