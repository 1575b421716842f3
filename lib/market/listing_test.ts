import assert from "node:assert/strict";
import { compareListings, type Listed } from "./listing.ts";

function market(symbol: string, active = true): Listed {
  const [base = "", quote = ""] = symbol.split("-");
  return { symbol, venue_symbol: symbol, base, quote, tick_size: "0.01", lot_size: "1", min_notional: "5", active };
}

function listOf(...markets: Listed[]): Map<string, Listed> {
  return new Map(markets.map((listed) => [listed.symbol, listed]));
}

Deno.test("a market that vanishes or is switched off is delisted, and stays stored as inactive", () => {
  const before = listOf(market("A-USDT"), market("B-USDT"), market("C-USDT"), market("D-USDT", false));
  const change = compareListings(before, [market("A-USDT"), market("B-USDT", false), market("E-USDT")]);
  assert.ok(change.ok);
  assert.deepEqual(change.delisted, ["B-USDT", "C-USDT"]);
  assert.deepEqual(change.rows.map(({ symbol, active }) => `${symbol} ${active}`), [
    "A-USDT true",
    "B-USDT false",
    "E-USDT true",
    "C-USDT false",
    "D-USDT false",
  ]);
});

Deno.test("a list in which most markets are missing is not believed", () => {
  const many = Array.from({ length: 20 }, (_, i) => market(`M${i}-USDT`));
  assert.deepEqual(compareListings(listOf(...many), []), { ok: false, missing: 20 });
  assert.equal(compareListings(listOf(...many), many.slice(10)).ok, true);
  assert.equal(compareListings(new Map(), many).ok, true);
});
