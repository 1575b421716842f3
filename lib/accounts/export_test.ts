import assert from "node:assert/strict";
import { exportFiles, toCsv } from "./export.ts";

Deno.test("exportFiles() gives each table as JSON and as CSV", () => {
  const files = exportFiles({
    profile: { username: "ada", frozen: null },
    devices: [{ name: "a,b" }, { name: "c", n: 1 }],
  });
  assert.deepEqual(Object.keys(files), ["profile.json", "profile.csv", "devices.json", "devices.csv"]);
  assert.equal(files["profile.csv"], "username,frozen\r\nada,\r\n");
  assert.equal(files["devices.csv"], 'name,n\r\n"a,b",\r\nc,1\r\n');
  assert.deepEqual(JSON.parse(files["profile.json"] ?? ""), { username: "ada", frozen: null });
});

Deno.test("toCsv() quotes what would break a row, and disarms what a spreadsheet would run", () => {
  assert.equal(toCsv([{ a: 'say "hi"\nthere', b: "=1+1", c: -5 }]), 'a,b,c\r\n"say ""hi""\nthere",\'=1+1,-5\r\n');
  assert.equal(toCsv([{ a: "-5.25", b: "-5+1", c: "-" }]), "a,b,c\r\n-5.25,'-5+1,'-\r\n");
  assert.equal(toCsv([]), "\r\n");
});
