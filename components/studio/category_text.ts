import { isCategory } from "../../lib/rooms/categories.ts";
import type { Texts } from "../layout/texts.ts";

/** What a category is called; one that has no name here, as it is written. */
export function categoryText({ t }: Pick<Texts, "t">, category: string): string {
  return isCategory(category) ? t(`room_category.${category}`) : category.replaceAll("_", " ");
}
