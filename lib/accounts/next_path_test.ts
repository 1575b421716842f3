import assert from "node:assert/strict";
import { safeNextPath } from "./next_path.ts";

const FALLBACK = "/markets";

for (
  const path of ["/", "/markets", "/markets/sim/BTC-USDT?timeframe=5m", "/markets?q=btc&cursor=sim:A#top", "/a%2F%2Fb"]
) {
  Deno.test(`safeNextPath() keeps ${path}`, () => {
    assert.equal(safeNextPath(path, FALLBACK), path);
  });
}

const attacks: (string | null | undefined)[] = [
  null,
  undefined,
  "",
  "markets",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n//evil.example",
  " //evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "/x/..//evil.example",
  "https://evil.example/",
  "javascript:alert(1)",
  "data:text/html,x",
  "/markets\r\nSet-Cookie: a=b",
  "/markets\u0000",
  "/login?next=/login",
  "/logout",
  "/auth/callback?code=x",
  `/${"a".repeat(600)}`,
];
for (const attack of attacks) {
  Deno.test(`safeNextPath() falls back instead of going to ${JSON.stringify(attack)?.slice(0, 40)}`, () => {
    assert.equal(safeNextPath(attack, FALLBACK), FALLBACK);
  });
}
