import assert from "node:assert/strict";
import { formatClock } from "./clock.ts";
import { formatDate, formatDayTime, formatMark, zoneName } from "./dates.ts";
import { isTimeZone } from "./time_zone.ts";

const AT = Date.UTC(2026, 9, 14, 22, 5, 8);

Deno.test("an instant reads in the page's language and time zone", () => {
  assert.equal(formatDayTime(AT, "en", "UTC"), "14 Oct 22:05");
  assert.equal(formatDayTime(AT, "fr", "Europe/Paris"), "15 oct. 00:05");
  assert.equal(formatDate(AT, "es", "America/New_York"), "14 oct 2026");
  assert.equal(zoneName(AT, "en", "UTC"), "UTC");
  assert.equal(zoneName(AT, "en", "Asia/Kolkata"), "GMT+5:30");
});

Deno.test("formatClock() puts the day before the month in every language, and names the zone", () => {
  assert.equal(formatClock(AT, "en", "UTC"), "Wed 14 Oct 22:05:08 UTC");
  assert.equal(formatClock(AT, "fr", "UTC"), "mer. 14 oct. 22:05:08 UTC");
  assert.equal(formatClock(AT, "es", "UTC"), "mié 14 oct 22:05:08 UTC");
});

Deno.test("formatMark() shows the date where a day begins in the zone, and the time elsewhere", () => {
  const midnightInParis = Date.UTC(2026, 9, 14, 22, 0);
  assert.equal(formatMark(midnightInParis, "en", "Europe/Paris"), "15 Oct");
  assert.equal(formatMark(midnightInParis, "en", "UTC"), "22:00");
});

Deno.test("isTimeZone() takes names of the IANA database and nothing else", () => {
  for (const zone of ["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires"]) assert.ok(isTimeZone(zone), zone);
  for (const zone of ["", "+01:00", "Mars/Olympus", "Europe/Paris\n", "../etc", "A".repeat(49), null, undefined, 1]) {
    assert.ok(!isTimeZone(zone), String(zone));
  }
});
