import assert from "node:assert/strict";
import { addTip, type TipPlace } from "./tip_board.ts";

Deno.test("a tip is added to what its giver tipped before, exactly, and the board is in order", () => {
  let board: TipPlace[] = [
    { place: 1, user_id: "a", username: "jonas", amount: "1200.10", tips: 2 },
    { place: 2, user_id: "b", username: "ada", amount: "5", tips: 1 },
  ];
  board = addTip(board, { user_id: "b", username: "ada", amount: "0.1" });
  board = addTip(board, { user_id: "b", username: "ada", amount: "0.2" });
  assert.deepEqual(board.map(({ user_id, amount, tips }) => [user_id, amount, tips]), [
    ["a", "1200.10", 2],
    ["b", "5.30", 3],
  ]);
  board = addTip(board, { user_id: "b", username: "ada", amount: "2000" });
  board = addTip(board, { user_id: "c", username: null, amount: "1.5" });
  assert.deepEqual(board.map(({ place, user_id, amount }) => [place, user_id, amount]), [
    [1, "b", "2005.30"],
    [2, "a", "1200.10"],
    [3, "c", "1.50"],
  ]);
});
