import assert from "node:assert/strict";
import { type AuditEntry, mergeEntries } from "./audit.ts";

function entry(id: string, at: string): AuditEntry {
  return { id, at } as AuditEntry;
}

Deno.test("mergeEntries() shows each entry once, latest first, and no more than asked for", () => {
  const both = entry("b", "2026-01-02T00:00:00Z");
  const merged = mergeEntries(
    [[entry("c", "2026-01-03T00:00:00Z"), both], [both, entry("a", "2026-01-01T00:00:00Z")]],
    3,
  );
  assert.deepEqual(merged.map(({ id }) => id), ["c", "b", "a"]);
  assert.equal(mergeEntries([merged, merged], 2).length, 2);
});
