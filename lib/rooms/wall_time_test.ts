import assert from "node:assert/strict";
import { fromWallTime, wallTimeOf } from "./wall_time.ts";

Deno.test("what a clock on the wall shows leads back to its instant, in any zone and season", () => {
  for (const zone of ["UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]) {
    for (const at of ["2026-01-15T09:30:00Z", "2026-07-15T23:59:00Z", "2026-03-29T00:30:00Z"]) {
      assert.equal(fromWallTime(wallTimeOf(Date.parse(at), zone), zone), Date.parse(at), `${at} in ${zone}`);
    }
  }
  assert.equal(fromWallTime("2026-10-14T14:30", "Europe/Paris"), Date.parse("2026-10-14T12:30:00Z"));
});

Deno.test("an hour that comes twice is the first, and one that is leapt over is after the leap", () => {
  assert.equal(fromWallTime("2026-10-25T02:30", "Europe/Paris"), Date.parse("2026-10-25T00:30:00Z"));
  assert.equal(fromWallTime("2026-03-29T02:30", "Europe/Paris"), Date.parse("2026-03-29T01:30:00Z"));
});

Deno.test("what is no time of the calendar is none", () => {
  for (const text of ["", "tomorrow", "2026-02-30T10:00", "2026-13-01T10:00", "2026-10-14", "2026-10-14T24:01"]) {
    assert.equal(fromWallTime(text, "Europe/Paris"), null, text);
  }
});
