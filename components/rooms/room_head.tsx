import type { ComponentChildren, JSX } from "preact";
import type { RoomMe, StreamObject } from "../../lib/rooms/shapes.ts";
import { BackIcon } from "../layout/icons.tsx";
import { plural } from "../layout/plural.ts";
import { useTexts } from "../layout/texts.ts";
import { VerifiedIcon } from "../pools/icons.tsx";
import { Avatar } from "./person.tsx";
import { COIN, EYE, Glyph } from "./room_icons.tsx";
import { countText, durationText, roomPath, streamerName } from "./room_state.ts";

export interface RoomHeadProps {
  stream: StreamObject;
  me: RoomMe;
  isSignedIn: boolean;
  nowMs: number;
  /** Without it the browser sends the form itself. */
  onFollow?: (() => void) | undefined;
  /** The form for tips. */
  tip: ComponentChildren;
  /** Somebody wants to see it. */
  onTip?: (() => void) | undefined;
}

/** Who streams what, since when and for how many; following and tipping. */
export function RoomHead({ stream, me, isSignedIn, nowMs, onFollow, tip, onTip }: RoomHeadProps): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const name = streamerName(texts, stream);
  const isLive = stream.status === "LIVE";
  const { username, verified } = stream.streamer;
  const next = `/login?${new URLSearchParams({ next: roomPath(stream.stream_id) })}`;
  return (
    <section class="panel room-head">
      <a class="icon-button back-link" href="/live" aria-label={t("room.back")}>
        <BackIcon />
      </a>
      <span class={isLive ? "room-face live" : "room-face"}>
        <Avatar name={name} isLarge />
      </span>
      <div class="room-title">
        <h1 dir="auto">{stream.title}</h1>
        <p>
          {username === null ? name : <a href={`/u/${username}`}>{name}</a>}
          {verified && <VerifiedIcon label={t("room.verified")} />}
          <span class="quiet num">
            {plural(texts, "room.followers", me.followers, { count: countText(me.followers) })}
          </span>
          {stream.visibility === "private" && <span class="room-tag">{t("room.private")}</span>}
        </p>
      </div>
      <div class="room-facts">
        {isLive
          ? (
            <>
              <span class="live-tag">{t("room.live")}</span>
              <span class="room-time num">
                {durationText((nowMs - Date.parse(stream.started_at ?? "")) / 1_000)}
              </span>
              <span class="room-watching num">
                <Glyph d={EYE} />
                {plural(texts, "room.watching", stream.viewer_count, { count: countText(stream.viewer_count) })}
              </span>
            </>
          )
          : <span class="room-tag">{t(stream.status === "ENDED" ? "room.ended" : "room.scheduled")}</span>}
      </div>
      {me.role !== "streamer" && !me.banned && (
        <div class="room-acts">
          {isSignedIn
            ? (
              <form
                action={`${roomPath(stream.stream_id)}/follow`}
                method="post"
                onSubmit={onFollow && ((event) => {
                  event.preventDefault();
                  onFollow();
                })}
              >
                <input type="hidden" name="follow" value={me.following ? "no" : "yes"} />
                <button
                  type="submit"
                  class="button secondary"
                  aria-pressed={me.following}
                  title={me.following ? t("room.unfollow") : undefined}
                >
                  {t(me.following ? "room.following" : "room.follow")}
                </button>
              </form>
            )
            : <a class="button secondary" href={next}>{t("room.follow")}</a>}
          {isLive && (
            <details class="menu tip-menu" data-menu onToggle={onTip}>
              <summary class="button primary">
                <Glyph d={COIN} />
                <span class="tip-name">{t("room.tip", { name })}</span>
                <span class="tip-short" aria-hidden="true">{t("room.tip_short")}</span>
              </summary>
              <div class="menu-panel">
                {isSignedIn ? tip : <a class="button tip" href={next}>{t("room.tip_sign_in")}</a>}
              </div>
            </details>
          )}
        </div>
      )}
    </section>
  );
}
