import assert from "node:assert/strict";
import { seeded } from "../kernel/seeded.ts";
import { valueHeldMarket } from "./simulated_strategy.ts";

const HELD = { symbol: "BTC-USDT", capital: "1000", scale: 2, leverage: "0.5", entryPrice: "50000" };

Deno.test("half of the money in a market that gains ten per cent gains five", () => {
  assert.deepEqual(valueHeldMarket(HELD, "55000"), {
    equity: "1050",
    pnl: "50",
    // 550 of 1,050.
    exposure: "0.5238",
    positions: [{
      symbol: "BTC-USDT",
      side: "long",
      quantity: "0.01",
      entry_price: "50000",
      mark_price: "55000",
      pnl: "50",
    }],
  });
});

Deno.test("profit and loss are rounded down to the cent, never up", () => {
  const at = (markPrice: string) => valueHeldMarket({ ...HELD, capital: "100", entryPrice: "3" }, markPrice).pnl;
  // 50 × 0.001 ÷ 3 = 0.01666…
  assert.equal(at("3.001"), "0.01");
  assert.equal(at("2.999"), "-0.02");
  assert.equal(at("3"), "0");
});

Deno.test("a pool loses what it has and no more, and without money there is nothing to hold", () => {
  const wiped = valueHeldMarket({ ...HELD, leverage: "10" }, "45000");
  assert.deepEqual(wiped, { equity: "0", pnl: "-1000", exposure: null, positions: [] });
  assert.equal(valueHeldMarket({ ...HELD, leverage: "10" }, "40000").equity, "0");
  assert.deepEqual(valueHeldMarket({ ...HELD, capital: "0" }, "1"), {
    equity: "0",
    pnl: "0",
    exposure: null,
    positions: [],
  });
});

Deno.test("equity is capital and profit to the cent, and exact at any size, on seeded cases", () => {
  const seed = 20261120;
  const random = seeded(seed);
  for (let i = 0; i < 2_000; i++) {
    const cents = BigInt(Math.floor(random() * 1e15));
    const entry = BigInt(1 + Math.floor(random() * 1e9));
    const mark = BigInt(1 + Math.floor(random() * 2e9));
    const text = (scaled: bigint) => `${scaled / 100n}.${String(scaled % 100n).padStart(2, "0")}`;
    const held = { ...HELD, capital: text(cents), entryPrice: text(entry) };
    const { equity, pnl } = valueHeldMarket(held, text(mark));
    // In whole numbers: half of the capital, times the move, over the entry, rounded down.
    const above = cents * (mark - entry);
    const below = 2n * entry;
    let expected = above / below;
    if (above < 0n && above % below !== 0n) expected -= 1n;
    if (cents + expected < 0n) expected = -cents;
    const [whole = "", fraction = ""] = pnl.replace("-", "").split(".");
    const told = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
    assert.equal(pnl.startsWith("-") ? -told : told, expected, `seed ${seed}, case ${i}`);
    const [w = "", f = ""] = equity.split(".");
    assert.equal(BigInt(w) * 100n + BigInt(f.padEnd(2, "0")), cents + expected, `seed ${seed}, case ${i}`);
  }
});
