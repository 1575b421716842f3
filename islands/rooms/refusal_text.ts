import type { Texts } from "../../components/layout/texts.ts";
import type { Refused } from "../../lib/rooms/client/room_api.ts";

/** Why something was refused, in the reader's words. */
export function refusalText({ t }: Texts, { code }: Refused): string {
  return code === "lost" ? t("room.lost") : t(`code.${code}`);
}
