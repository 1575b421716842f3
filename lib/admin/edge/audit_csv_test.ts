import assert from "node:assert/strict";
import type { AuditEntry, AuditPage } from "../audit.ts";
import { streamAuditCsv } from "./audit_csv.ts";

function entry(n: number, overrides: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: crypto.randomUUID(),
    seq: String(n),
    at: "2026-10-14T14:32:08Z",
    actor: null,
    actor_name: null,
    actor_role: "postgres",
    session_id: null,
    action: "test.happened",
    subject_type: "thing",
    subject_id: String(n),
    subject_name: null,
    detail: {},
    request_id: null,
    address: null,
    hash: null,
    ...overrides,
  };
}

/** Pages of two entries each, numbered from the newest on, and how many were asked for. */
function pages(count: number) {
  let asked = 0;
  const at = (index: number): AuditPage => ({
    items: [entry(count * 2 - index * 2), entry(count * 2 - index * 2 - 1)],
    next_cursor: index + 1 < count ? String(index + 1) : null,
  });
  const next = (cursor: string) => {
    asked++;
    return Promise.resolve(at(Number(cursor)));
  };
  return { first: at(0), next, asked: () => asked };
}

async function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  const text = await new Response(stream).text();
  assert.ok(text.endsWith("\r\n"));
  return text.slice(0, -2).split("\r\n");
}

Deno.test("streamAuditCsv() joins pages under one header, newest first", async () => {
  const { first, next } = pages(3);
  const lines = await linesOf(streamAuditCsv(first, next));
  assert.match(lines[0] ?? "", /^seq,at,action,/);
  assert.deepEqual(lines.slice(1).map((line) => line.split(",")[0]), ["6", "5", "4", "3", "2", "1"]);
});

Deno.test("streamAuditCsv() gives an empty log its header", async () => {
  const { next } = pages(1);
  const lines = await linesOf(streamAuditCsv({ items: [], next_cursor: null }, next));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^seq,at,/);
});

Deno.test("streamAuditCsv() ends at its limit, says so, and asks for nothing beyond", async () => {
  const { first, next, asked } = pages(9);
  const lines = await linesOf(streamAuditCsv(first, next, 3));
  assert.deepEqual(lines.slice(1).map((line) => line.split(",")[0]), ["18", "17", "16", "# cut after 3 rows"]);
  assert.equal(asked(), 1);
  const whole = pages(2);
  assert.equal((await linesOf(streamAuditCsv(whole.first, whole.next, 4))).length, 5, "nothing was cut");
});

Deno.test("streamAuditCsv() fetches as it is read, and no further once its reader has gone", async () => {
  const { first, next, asked } = pages(1_000);
  const reader = streamAuditCsv(first, next).getReader();
  await reader.read();
  await reader.cancel();
  assert.ok(asked() <= 2, `${asked()} pages`);
});

// ASVS 5: 1.2.10, and 16.4.1: what is logged must not speak to whoever reads it.
Deno.test("streamAuditCsv() quotes what breaks lines and disarms formulas (ASVS 5: 1.2.10)", async () => {
  const page = {
    items: [entry(1, { actor_name: "=HYPERLINK(1)", subject_id: 'a"b\r\nc', detail: { reason: "x,y" } })],
    next_cursor: null,
  };
  const text = await new Response(streamAuditCsv(page, () => Promise.reject(new Error("none")))).text();
  assert.match(text, /,'=HYPERLINK\(1\),/);
  assert.ok(text.includes('"a""b\r\nc"'));
  assert.ok(text.includes('"{""reason"":""x,y""}"'));
});
