import assert from "node:assert/strict";
import type { Drawing } from "../shapes.ts";
import {
  addDrawing,
  cleanText,
  DRAWING_TEXT_MAX,
  DRAWINGS_MAX,
  drawnPoint,
  finishDrawing,
  priceText,
  typedPrice,
} from "./drawing.ts";

const A = { t: 1_000, p: "3371.00" };
const B = { t: 2_000, p: "3392.50" };

Deno.test("a trend needs two marks, a level one, and a note words", () => {
  assert.equal(finishDrawing("trend", [A], "d1"), null);
  assert.deepEqual(finishDrawing("trend", [A, B], "d1"), { id: "d1", kind: "trend", points: [A, B], text: "" });
  assert.deepEqual(finishDrawing("level", [A], "d1", "stop"), { id: "d1", kind: "level", points: [A], text: "stop" });
  assert.equal(finishDrawing("note", [A], "d1", " \u202e "), null);
  assert.equal(finishDrawing("note", [A], "d1", "wrong below")?.text, "wrong below");
});

Deno.test("prices are decimal strings the database takes, or none", () => {
  assert.equal(priceText(3_371.006, 2), "3371.01");
  assert.equal(priceText(1e-7, 8), "0.00000010");
  for (const price of [0, -1, NaN, Infinity, 1e21, 0.001]) assert.equal(priceText(price, 2), null, String(price));
  assert.equal(typedPrice(" 3392,5 "), "3392.5");
  for (const text of ["", "abc", "-5", "1e9", "0", "1,2,3"]) assert.equal(typedPrice(text), null, text);
});

Deno.test("a place beside the axes is none", () => {
  assert.deepEqual(drawnPoint(1_000.4, 3_371, 2), A);
  assert.equal(drawnPoint(null, 3_371, 2), null);
  assert.equal(drawnPoint(1_000, null, 2), null);
  assert.equal(drawnPoint(-1, 3_371, 2), null);
});

Deno.test("a view keeps its last drawings", () => {
  let drawings: Drawing[] = [];
  for (let i = 0; i <= DRAWINGS_MAX; i++) {
    drawings = addDrawing(drawings, { id: `d${i}`, kind: "level", points: [A], text: "" });
  }
  assert.equal(drawings.length, DRAWINGS_MAX);
  assert.equal(drawings[0]?.id, "d1");
});

Deno.test("a drawing's words are one line without control characters or turned directions", () => {
  assert.equal(cleanText(" long\n above\u202e 3,392\u0007 "), "long  above  3,392");
  assert.equal([...cleanText("é".repeat(500))].length, DRAWING_TEXT_MAX);
});
