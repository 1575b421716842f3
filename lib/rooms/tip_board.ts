import { fromUnits, toUnits } from "../kernel/format_decimal.ts";
import type { Leaderboard } from "./answers.ts";

/** A place on the board. */
export type TipPlace = Leaderboard["items"][number];

/** Places a room's page shows. */
export const TIP_PLACES_MAX = 5;

/** Money has hundredths. */
const SCALE = 2;

/**
 * The board after one more tip. Who is not on it starts with that tip alone: their earlier ones are known to the
 * server, and to the page when it is loaded again.
 */
export function addTip(
  board: readonly TipPlace[],
  { user_id, username, amount }: Pick<TipPlace, "user_id" | "username" | "amount">,
): TipPlace[] {
  const before = board.find((place) => place.user_id === user_id);
  const sum = (toUnits(before?.amount ?? "0", SCALE) ?? 0n) + (toUnits(amount, SCALE) ?? 0n);
  const place = {
    place: 0,
    user_id,
    username,
    amount: fromUnits(sum, SCALE).replaceAll(",", ""),
    tips: (before?.tips ?? 0) + 1,
  };
  const unitsOf = (each: TipPlace) => toUnits(each.amount, SCALE) ?? 0n;
  return [...board.filter((each) => each !== before), place]
    .sort((a, b) => unitsOf(a) === unitsOf(b) ? 0 : unitsOf(a) > unitsOf(b) ? -1 : 1)
    .map((each, i) => ({ ...each, place: i + 1 }));
}
