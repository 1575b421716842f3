import assert from "node:assert/strict";
import { parsePreferences, resolvePreferences, serializePreferences } from "./preferences.ts";

Deno.test("choices survive the way through a cookie, and what was not chosen stays open", () => {
  for (
    const chosen of [
      {},
      { locale: "fr" },
      { theme: "light" },
      { timeZone: "Europe/Paris" },
      { locale: "es", theme: "contrast", timeZone: "America/Argentina/Buenos_Aires" },
    ] as const
  ) assert.deepEqual(parsePreferences(serializePreferences(chosen)), chosen);
});

Deno.test("a forged or broken cookie counts as no choice", () => {
  for (const cookie of [undefined, "", "..", "de.pink.Mars/Olympus", "fr", "a".repeat(81), "\u0000.\u0000.\u0000"]) {
    const chosen = parsePreferences(cookie);
    assert.equal(chosen.theme, undefined);
    assert.equal(chosen.timeZone, undefined);
  }
  assert.deepEqual(parsePreferences("de.light.UTC"), { theme: "light", timeZone: "UTC" });
});

Deno.test("a choice beats the browser's languages, which beat the house's own", () => {
  assert.deepEqual(resolvePreferences({}, null), { locale: "en", timeZone: "UTC", theme: "dark" });
  assert.equal(resolvePreferences({}, "fr").locale, "fr");
  assert.equal(resolvePreferences({ locale: "es" }, "fr").locale, "es");
});
