import assert from "node:assert/strict";
import { CODES, isCode } from "./codes.ts";
import { toProblem } from "./problem.ts";

Deno.test("every code of the catalogue makes a complete problem document", () => {
  for (const code of Object.keys(CODES).filter(isCode)) {
    const problem = toProblem(code, "why");
    assert.equal(problem.code, code);
    assert.equal(problem.detail, "why");
    assert.ok(problem.status >= 400 && problem.status <= 599, code);
    assert.ok(problem.title.length > 0 && !problem.title.endsWith("."), code);
  }
});

Deno.test("isCode() knows nothing beyond the catalogue", () => {
  for (const value of ["toString", "", "Internal", null, 404]) assert.equal(isCode(value), false);
});
