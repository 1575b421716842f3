import type { JSX } from "preact";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { InfoIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { streamerName } from "./room_state.ts";

/** Where a streamer's positions and fills stand once an account is shared. */
export function PositionsPlace({ stream }: { stream: StreamObject }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  return (
    <section class="panel room-positions" aria-labelledby="room-positions">
      <div class="panel-head">
        <h2 id="room-positions">{t("rooms.positions_of", { name: streamerName(texts, stream) })}</h2>
      </div>
      <p class="empty">
        <InfoIcon />
        <span>{t("rooms.positions_none")}</span>
      </p>
    </section>
  );
}
