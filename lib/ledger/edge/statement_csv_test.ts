import assert from "node:assert/strict";
import type { StatementLine } from "../wallet_shapes.ts";
import { streamStatementCsv } from "./statement_csv.ts";

function line(n: number, memo: Record<string, unknown> = {}): StatementLine {
  return {
    transfer_id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    at: "2026-10-14T14:32:08Z",
    operation: "test",
    amount: String(-n),
    balance_after: "5",
    memo,
  };
}

Deno.test("a statement's file keeps amounts below zero as numbers, disarms reasons, and is fetched page by page", async () => {
  const asked: string[] = [];
  const next = (cursor: string) => {
    asked.push(cursor);
    return Promise.resolve({ items: [line(1)], next_cursor: null });
  };
  const first = { items: [line(3), line(2, { reason: "=1+1" })], next_cursor: "2" };
  const text = await new Response(streamStatementCsv("EUR", first, next)).text();
  assert.deepEqual(text.split("\r\n"), [
    "at,operation,asset,amount,balance_after,reason,transfer_id",
    "2026-10-14T14:32:08Z,test,EUR,-3,5,,00000000-0000-7000-8000-000000000003",
    "2026-10-14T14:32:08Z,test,EUR,-2,5,'=1+1,00000000-0000-7000-8000-000000000002",
    "2026-10-14T14:32:08Z,test,EUR,-1,5,,00000000-0000-7000-8000-000000000001",
    "",
  ]);
  assert.deepEqual(asked, ["2"]);
});

Deno.test("a statement's file ends at its limit, and says so", async () => {
  const first = { items: [line(3), line(2)], next_cursor: "2" };
  const text = await new Response(streamStatementCsv("EUR", first, () => Promise.reject(new Error("asked")), 2)).text();
  assert.match(text, /,EUR,-2,.*\r\n# cut after 2 rows\r\n$/);
});
