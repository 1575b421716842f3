import assert from "node:assert/strict";
import { formatLimit } from "./limits.ts";

Deno.test("formatLimit() writes a limit as its reader's language does", () => {
  const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");
  assert.equal(formatLimit("5000", "eur", "en"), "€5,000");
  assert.equal(formatLimit("2500.5", "eur", "en"), "€2,500.50");
  assert.equal(plain(formatLimit("2500.5", "eur", "fr")), "2 500,50 €");
  assert.equal(plain(formatLimit("30", "s", "es")), "30 s");
  assert.equal(formatLimit("200", "count", "fr"), "200");
});
