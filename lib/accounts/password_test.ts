import assert from "node:assert/strict";
import { isWeakPassword } from "./password.ts";

const WEAK = [
  "",
  "short",
  "aaaaaaaaaaaa",
  "abababababab",
  "12345678",
  "1234567890",
  "87654321",
  "abcdefghij",
  "password",
  "Password123!",
  "P@ssw0rd",
  "qwertyuiop",
  "motdepasse1",
  "1q2w3e4r5t",
  "ada.lovelace2024",
  "ada.lovelace@example.com",
  "x".repeat(60) + "yzabc".repeat(5),
];

for (const password of WEAK) {
  Deno.test(`isWeakPassword() refuses ${JSON.stringify(password).slice(0, 40)}`, () => {
    assert.equal(isWeakPassword(password, "ada.lovelace@example.com"), true);
  });
}

for (const password of ["correct horse", "tr0ub4dor&3x", "mañana llueve", "六本木の夜は長いです"]) {
  Deno.test(`isWeakPassword() takes ${password}`, () => {
    assert.equal(isWeakPassword(password, "ada@example.com"), false);
  });
}
