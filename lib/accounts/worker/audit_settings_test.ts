import assert from "node:assert/strict";
import { parseAuditSettings } from "./audit_settings.ts";

Deno.test("parseAuditSettings() exports to the data folder in local mode alone, unless told otherwise", () => {
  const nothing = { headsFile: null, headsWebhook: null, edgeHmacKey: null };
  const read = (env: Record<string, string>) => {
    const result = parseAuditSettings(env);
    assert.ok(result.ok);
    return result.settings;
  };
  assert.deepEqual(read({ OUTCRY_DATA: "/data" }), nothing);
  assert.deepEqual(read({ OUTCRY_MODE: "production", OUTCRY_DATA: "/data", AUDIT_HEADS_FILE: "" }), nothing);
  assert.equal(read({ OUTCRY_MODE: "local", OUTCRY_DATA: "/data" }).headsFile, "/data/audit-heads.jsonl");
  assert.equal(read({ OUTCRY_MODE: "local", OUTCRY_DATA: "/data", AUDIT_HEADS_FILE: "/x" }).headsFile, "/x");
  assert.equal(read({ AUDIT_HEADS_WEBHOOK: "https://example.test/h" }).headsWebhook, "https://example.test/h");
});

Deno.test("parseAuditSettings() refuses with one line that shows no value", () => {
  for (
    const env of [
      { AUDIT_HEADS_WEBHOOK: "http://example.test/secret" },
      { AUDIT_HEADS_WEBHOOK: "file:///secret" },
      { EDGE_HMAC_KEY: "secret" },
    ]
  ) {
    const result = parseAuditSettings(env);
    assert.ok(!result.ok);
    assert.match(result.message, /^Cannot start the worker: set [^\n]+$/);
    assert.ok(!result.message.includes("secret"));
  }
});
