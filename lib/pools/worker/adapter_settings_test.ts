import assert from "node:assert/strict";
import { parsePoolAdapterSettings } from "./adapter_settings.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

Deno.test("modules' secrets are read by name, and no setting means no secrets", () => {
  for (const env of [{}, { POOL_ADAPTER_SECRETS: "" }]) {
    const none = parsePoolAdapterSettings(env);
    assert.ok(none.ok && none.settings.secrets.size === 0);
  }
  const some = parsePoolAdapterSettings({
    POOL_ADAPTER_SECRETS: JSON.stringify({ "127.0.0.1:9300": SECRET, alpha: SECRET }),
  });
  assert.ok(some.ok);
  assert.deepEqual([...some.settings.secrets], [["127.0.0.1:9300", SECRET], ["alpha", SECRET]]);
});

Deno.test("secrets that cannot be used are refused in one line that shows none of them", () => {
  for (const text of [SECRET, "[]", "null", `{"alpha":"too short"}`, `{"alpha":1}`, `{"":"${SECRET}"}`]) {
    const result = parsePoolAdapterSettings({ POOL_ADAPTER_SECRETS: text });
    assert.ok(!result.ok, text);
    assert.match(result.message, /^Cannot start the worker: set POOL_ADAPTER_SECRETS to [^\n]+$/);
    assert.ok(!result.message.includes(SECRET) && !result.message.includes("too short"));
  }
});
