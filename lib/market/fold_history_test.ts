import assert from "node:assert/strict";
import { foldHistory, sourceWidth } from "./fold_history.ts";
import { historyOf } from "./testing.ts";
import { TIMEFRAMES } from "./timeframe.ts";

Deno.test("a width that an exchange lacks is folded from the longest one that divides it", () => {
  assert.equal(sourceWidth("4h", ["1m", "5m", "15m", "1h", "1d"]), "1h");
  assert.equal(sourceWidth("15m", ["1m", "1h"]), "1m");
  assert.equal(sourceWidth("1h", TIMEFRAMES), "1h");
  assert.equal(sourceWidth("5m", ["15m"]), null);
});

Deno.test("foldHistory() folds exactly what the longer width's own history shows, less a first candle begun too late", () => {
  const hours = historyOf("1h", 0, 600);
  assert.deepEqual(foldHistory(hours, "4h").slice(0, 2), historyOf("4h", 0, 480));
  assert.deepEqual(foldHistory(hours.slice(1), "4h")[0], historyOf("4h", 0, 480)[1]);
  assert.deepEqual(foldHistory([], "4h"), []);
});
