import type { ComponentChildren, JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { Glyph, PLAY } from "./room_icons.tsx";

export interface RoomVideoProps {
  /** Where it is played from. */
  url: string;
}

/**
 * The streamer's video. Nothing is fetched before the viewer asks: the media server is of the streamer's choice, and
 * learns the address of who plays it.
 */
export function RoomVideo({ url, state = "ended", onPlay, onStop, children }: RoomVideoProps & {
  state?: "connecting" | "playing" | "failed" | "ended";
  onPlay?: () => void;
  onStop?: () => void;
  /** The picture. */
  children?: ComponentChildren;
}): JSX.Element {
  const { t } = useTexts();
  const isOn = state === "connecting" || state === "playing";
  return (
    <section class={isOn ? "panel room-video on" : "panel room-video"} aria-label={t("room_video.title")}>
      {isOn && children}
      <div class="room-video-bar">
        <button type="button" class="button secondary" disabled={!onPlay} onClick={isOn ? onStop : onPlay}>
          <Glyph d={PLAY} />
          {t(isOn ? "room_video.stop" : "room_video.play")}
        </button>
        <p class="sub" role="status">
          {state === "connecting"
            ? t("room_video.connecting")
            : state === "failed"
            ? t("room_video.failed")
            : state === "ended"
            ? t("room_video.from", { host: URL.parse(url)?.host ?? "" })
            : ""}
        </p>
      </div>
    </section>
  );
}
