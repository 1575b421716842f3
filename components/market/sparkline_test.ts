import assert from "node:assert/strict";
import { sparkPath } from "./sparkline.tsx";

Deno.test("sparkPath() stays inside its box and ends at the last close", () => {
  const path = sparkPath(["1", "3", "2"], 96, 28);
  assert.equal(path?.line, "M0 25L46.5 3L93 14");
  assert.deepEqual([path?.endX, path?.endY], [93, 14]);
});

Deno.test("sparkPath() draws a flat line through the middle, and nothing from fewer than two closes", () => {
  assert.equal(sparkPath(["5", "5"], 96, 28)?.line, "M0 14L93 14");
  assert.equal(sparkPath(["5"], 96, 28), null);
  assert.equal(sparkPath(["5", "x"], 96, 28), null);
});
