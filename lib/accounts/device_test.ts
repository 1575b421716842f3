import assert from "node:assert/strict";
import { deviceName, deviceTraits } from "./device.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const none = { userAgent: "", languages: "", brands: "", platform: "" };

Deno.test("deviceTraits() stays the same when a browser is updated", () => {
  const before = deviceTraits({ ...none, userAgent: FIREFOX, languages: "fr,en;q=0.8" });
  const after = deviceTraits({ ...none, userAgent: FIREFOX.replaceAll("140", "152"), languages: "fr,en;q=0.5" });
  assert.deepEqual(before, after);
  assert.equal(deviceName(before), "Firefox · Linux");
});

for (
  const [headers, name] of [
    [{ brands: '"Chromium";v="142", "Microsoft Edge";v="142"', platform: '"Windows"' }, "Edge · Windows"],
    [{ userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1" }, "Safari · iPhone"],
    [{ userAgent: "Mozilla/5.0 (Linux; Android 15) Chrome/142 Mobile Safari/537" }, "Chrome · Android"],
    [{ userAgent: "curl/8.1" }, "curl · Unknown"],
    [{}, "Unknown · Unknown"],
    [{ userAgent: "\u202e".repeat(9_000) }, "Unknown · Unknown"],
  ] as const
) {
  Deno.test(`deviceName() calls ${JSON.stringify(headers).slice(0, 60)} ${name}`, () => {
    assert.equal(deviceName(deviceTraits({ ...none, ...headers })), name);
  });
}
