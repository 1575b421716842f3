import assert from "node:assert/strict";
import { createLogger, maskSecrets } from "./log.ts";

const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

function capture(fields: Record<string, unknown>): Record<string, unknown> {
  const lines: string[] = [];
  createLogger({ service: "test", write: (line) => lines.push(line), nowMs: () => 0 }).info("said", fields);
  return JSON.parse(lines[0] as string) as Record<string, unknown>;
}

Deno.test("a log line carries its time, level, service and message", () => {
  assert.deepEqual(capture({ n: 1 }), {
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    service: "test",
    message: "said",
    n: 1,
  });
});

Deno.test("a log line masks secrets by name, by shape, and inside nested values", () => {
  const line = capture({
    access_token: "abc",
    note: `Bearer ${JWT} and sb_secret_abc123`,
    nested: { url: "postgres://postgres:hunter2@127.0.0.1:5432/postgres" },
    error: new Error(`refused ${JWT}`),
  });
  const text = JSON.stringify(line);
  for (const secret of ["abc123", "hunter2", JWT.slice(0, 30)]) assert.ok(!text.includes(secret), text);
  assert.equal(line.access_token, "[masked]");
});

Deno.test("maskSecrets() masks a token that a cut would have split", () => {
  const text = maskSecrets("x".repeat(480) + JWT);
  assert.ok(!text.includes("eyJ"), text);
  assert.ok(text.length <= 500);
});

Deno.test("maskSecrets() masks the beginning of a token and a password in an address, and leaves ports alone", () => {
  assert.equal(maskSecrets(`cookie base64-${JWT.slice(0, 40)}`), "cookie base64-[masked]");
  assert.equal(maskSecrets("http://127.0.0.1:8000/a"), "http://127.0.0.1:8000/a");
  assert.equal(maskSecrets("postgres://:pw@127.0.0.1:1/x"), "postgres://:[masked]@127.0.0.1:1/x");
});

Deno.test("maskSecrets() takes no longer for a path made to keep it busy", () => {
  for (const part of ["eyJ", "://a:", "://:", "eyJaaaaaaaa.", "sb_secret_", "://"]) {
    const startedMs = performance.now();
    maskSecrets(part.repeat(65_536 / part.length));
    const tookMs = performance.now() - startedMs;
    // Seconds before; a tenth of a millisecond now.
    assert.ok(tookMs < 100, `${part} took ${tookMs} ms`);
  }
});
