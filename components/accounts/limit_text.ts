import { LIMIT_NAMES } from "../../lib/accounts/limits.ts";
import type { Texts } from "../layout/texts.ts";

/** What a limit is called; one newer than this page goes by its own name. */
export function limitTitle({ t }: Pick<Texts, "t">, name: string): string {
  const known = LIMIT_NAMES.find((each) => each === name);
  return known ? t(`limits.${known}`) : name;
}

/** What a limit bounds, in a sentence. */
export function limitHint({ t }: Pick<Texts, "t">, name: string): string {
  const known = LIMIT_NAMES.find((each) => each === name);
  return known ? t(`limits.${known}_hint`) : "";
}
