import type { JSX } from "preact";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { durationText, roomPath, studioPath } from "./room_text.ts";
import { LiveTag, Moment, StreamFacts } from "./stream_lists.tsx";

/** What the room is, how it stands, and what its owner can do with it. */
export function DeskHead({ stream, isOwner }: { stream: StreamObject; isOwner: boolean }): JSX.Element {
  const { t } = useTexts();
  const path = studioPath(stream);
  return (
    <header class="panel desk-head">
      <div class="desk-title">
        <h1>{stream.title}</h1>
        <StreamFacts stream={stream} />
      </div>
      <Standing stream={stream} />
      <div class="desk-actions">
        {stream.status !== "SCHEDULED" && <a class="button secondary" href={roomPath(stream)}>{t("studio.room")}</a>}
        {isOwner && <a class="button secondary" href={`${path}/edit`}>{t("studio.edit")}</a>}
        {isOwner && stream.status === "SCHEDULED" && (
          <>
            <form action={`${path}/start`} method="post" data-navigate>
              <button type="submit" class="button primary">{t("studio.start")}</button>
            </form>
            <Confirm
              action={`${path}/cancel`}
              ask={t("studio.cancel")}
              sure={t("studio.cancel_sure")}
              yes={t("studio.cancel")}
            />
          </>
        )}
        {isOwner && stream.status === "LIVE" && (
          <Confirm action={`${path}/end`} ask={t("studio.end")} sure={t("studio.end_sure")} yes={t("studio.end_yes")} />
        )}
      </div>
    </header>
  );
}

function Standing({ stream }: { stream: StreamObject }): JSX.Element {
  const { t } = useTexts();
  if (stream.status === "SCHEDULED") {
    return (
      <p class="desk-standing">
        <span class="quiet">{t("studio.scheduled_for")}</span> <Moment at={stream.scheduled_for} />
      </p>
    );
  }
  const duration = durationText(stream.duration_seconds) ?? t("live.no_data");
  if (stream.status === "ENDED") {
    return (
      <p class="desk-standing">
        <span class="quiet">{t("studio.ended")}</span> <Moment at={stream.ended_at} />
        <span class="figure">{duration}</span>
      </p>
    );
  }
  return (
    <p class="desk-standing">
      <LiveTag />
      <span class="figure" data-live="duration">{duration}</span>
      <span class="desk-watching">
        <strong class="figure" data-live="viewers">{stream.viewer_count}</strong> {t("studio.watching")}
      </span>
    </p>
  );
}

/** Asks once more before what cannot be undone; works without a script. */
function Confirm(
  { action, ask, sure, yes }: { action: string; ask: string; sure: string; yes: string },
): JSX.Element {
  return (
    <details class="menu confirm" data-menu>
      <summary class="button danger">{ask}</summary>
      <div class="menu-panel confirm-panel">
        <p>{sure}</p>
        <form action={action} method="post" data-navigate>
          <button type="submit" class="button danger-solid">{yes}</button>
        </form>
      </div>
    </details>
  );
}
