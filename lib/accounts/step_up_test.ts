import assert from "node:assert/strict";
import { claimsSchema, secondFactorAtMs } from "./session.ts";
import { isStepUpDue, isStepUpKind } from "./step_up.ts";

const NOW_ms = Date.UTC(2026, 10, 20, 12);
const MINUTE_ms = 60_000;

Deno.test("a session that never showed a second factor has to, whatever for", () => {
  for (const kind of ["session", "fresh", "admin"] as const) assert.equal(isStepUpDue(kind, null, NOW_ms), true);
});

Deno.test("a code is due again just before the database would refuse the old one", () => {
  assert.equal(isStepUpDue("fresh", NOW_ms - 14 * MINUTE_ms, NOW_ms), false);
  assert.equal(isStepUpDue("fresh", NOW_ms - 15 * MINUTE_ms, NOW_ms), true);
  assert.equal(isStepUpDue("admin", NOW_ms - 11 * 60 * MINUTE_ms, NOW_ms), false);
  assert.equal(isStepUpDue("admin", NOW_ms - 12 * 60 * MINUTE_ms, NOW_ms), true);
  assert.equal(isStepUpDue("session", NOW_ms - 1000 * 60 * MINUTE_ms, NOW_ms), false);
});

Deno.test("only what STEP_UP_AGES_s names is a kind", () => {
  assert.deepEqual(["fresh", "toString", "", undefined].map(isStepUpKind), [true, false, false, false]);
});

Deno.test("secondFactorAtMs() takes the latest code of an aal2 token, and nothing from one below", () => {
  const claims = (more: object) =>
    claimsSchema.parse({
      sub: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928",
      exp: 1,
      role: "authenticated",
      amr: [{ method: "password", timestamp: 300 }, { method: "totp", timestamp: 100 }, {
        method: "totp",
        timestamp: 200,
      }],
      ...more,
    });
  assert.equal(secondFactorAtMs(claims({ aal: "aal2" })), 200_000);
  assert.equal(secondFactorAtMs(claims({ aal: "aal1" })), null);
  assert.equal(secondFactorAtMs(claims({ aal: "aal2", amr: [{ method: "otp", timestamp: 5 }] })), null);
  assert.equal(secondFactorAtMs(claims({ aal: "aal2", amr: ["totp"] })), null);
  for (const method of ["mfa/phone", "mfa/webauthn"]) {
    assert.equal(secondFactorAtMs(claims({ aal: "aal2", amr: [{ method, timestamp: 5 }] })), 5_000, method);
  }
});
