import assert from "node:assert/strict";
import { messagesOf } from "../../lib/kernel/i18n.ts";
import { createTexts } from "../layout/texts.ts";
import { poolNoticeText } from "./notice_text.ts";

const texts = createTexts({ locale: "en", timeZone: "UTC", messages: messagesOf("en") });
const say = (kind: string, data: Record<string, unknown>) =>
  poolNoticeText(texts, kind, { pool_name: "Calm", ...data });

Deno.test("a notice about a pool says which, and how much", () => {
  assert.equal(
    say("investment_queued", { amount: "1500", currency: "EUR" }),
    "You invested €1,500.00 in Calm; units are bought at its next settlement.",
  );
  assert.equal(say("fee_charged", { amount: "0.25", asset: "BTC" }), "Calm charged 0.25 BTC on new profit.");
  assert.equal(
    say("fee_announced", { cycle_no: 7, from: "15", to: "20" }),
    "From settlement 7 on, Calm charges 20 % of new profit, not 15 %.",
  );
});

Deno.test("a refused order says why, where that is known, and a new manager from when on", () => {
  const order = { amount: "20", currency: "EUR" };
  assert.match(say("request_refused", { ...order, reason: "kyc_required" }) ?? "", /identity is not verified any more/);
  assert.match(say("request_refused", { ...order, reason: "amount_too_small" }) ?? "", /no part of a unit/);
  assert.equal(
    say("request_refused", { ...order, reason: "pool_closed" }),
    "Calm did not take your €20.00; they are back in your wallet.",
  );
  assert.equal(
    say("manager_changed", { cycle_no: 4, from: "ann", to: "bob" }),
    "bob manages Calm in place of ann, and is paid its fees from settlement 4 on.",
  );
});

Deno.test("a pause is told with the reason somebody gave", () => {
  assert.equal(say("pool_paused", { reason: "The venue is down" }), "Calm is paused. (The venue is down)");
  assert.equal(say("pool_paused", {}), "Calm is paused.");
});

Deno.test("what is about no pool is somebody else's to say", () => {
  assert.equal(say("credit_received", { amount: "1", asset: "EUR" }), null);
});
