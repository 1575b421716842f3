import assert from "node:assert/strict";
import { DEFAULT_SETTINGS, parseSettings } from "./chart_settings.ts";

Deno.test("parseSettings() keeps what was chosen and falls back for the rest", () => {
  assert.deepEqual(parseSettings('{"macd":true,"rsi":false,"volume":"yes","x":1}'), {
    ...DEFAULT_SETTINGS,
    macd: true,
    rsi: false,
  });
});

Deno.test("parseSettings() survives any stored text", () => {
  for (const text of [null, "", "{", "null", "7", "[]"]) assert.deepEqual(parseSettings(text), DEFAULT_SETTINGS);
});
