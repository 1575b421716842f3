import assert from "node:assert/strict";
import { parsePaymentSettings } from "./settings.ts";

const GOOD = {
  PAYMENTS_PROVIDER: "acme",
  PAYMENTS_URL: "https://pay.example/v1/",
  PAYMENTS_SECRET: "a secret of thirty-two characters or more",
};

Deno.test("a provider is set by all three variables, or not at all", () => {
  assert.deepEqual(parsePaymentSettings({}), { ok: true, settings: null });
  assert.deepEqual(parsePaymentSettings({ PAYMENTS_URL: "", PAYMENTS_SECRET: "" }), { ok: true, settings: null });
  assert.deepEqual(parsePaymentSettings(GOOD), {
    ok: true,
    settings: { provider: "acme", url: "https://pay.example/v1", secret: GOOD.PAYMENTS_SECRET },
  });
  const partly = parsePaymentSettings({ PAYMENTS_URL: GOOD.PAYMENTS_URL });
  assert.ok(!partly.ok && /PAYMENTS_PROVIDER.*PAYMENTS_SECRET/.test(partly.message));
});

Deno.test("a secret too short and an address in the clear are refused, without showing either", () => {
  const wrong: Record<string, string>[] = [
    { PAYMENTS_SECRET: "short" },
    { PAYMENTS_URL: "http://pay.example" },
    { PAYMENTS_URL: "https://pay.example/?a=1" },
    { PAYMENTS_URL: "pay.example" },
    { PAYMENTS_PROVIDER: "Acme Inc" },
  ];
  for (const change of wrong) {
    const parsed = parsePaymentSettings({ ...GOOD, ...change });
    const [name = "", value = ""] = Object.entries(change)[0] ?? [];
    assert.ok(!parsed.ok && parsed.message.includes(name) && !parsed.message.includes(value), name);
  }
  assert.ok(parsePaymentSettings({ ...GOOD, PAYMENTS_URL: "http://127.0.0.1:9000" }).ok);
});
