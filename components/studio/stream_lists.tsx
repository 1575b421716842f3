import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { categoryText } from "./category_text.ts";
import { durationText, marketText, roomPath, studioPath } from "./room_text.ts";

/** An instant of the database, where and as the visitor reads it. */
export function Moment({ at }: { at: string | null }): JSX.Element | null {
  const { locale, timeZone } = useTexts();
  if (at === null) return null;
  return <time dateTime={at}>{formatDayTime(Date.parse(at), locale, timeZone)}</time>;
}

/** Orders streams that wait, the next one first. */
export function bySchedule(a: StreamObject, b: StreamObject): number {
  return Date.parse(a.scheduled_for ?? "") - Date.parse(b.scheduled_for ?? "");
}

/** Live is cyan, and says so. */
export function LiveTag(): JSX.Element {
  const { t } = useTexts();
  return <span class="live-tag">{t("room.live")}</span>;
}

/** What is shown and what it is about, in one line. */
export function StreamFacts({ stream }: { stream: StreamObject }): JSX.Element {
  const texts = useTexts();
  return (
    <span class="stream-facts">
      <span>{categoryText(texts, stream.category)}</span>
      {stream.markets.length > 0 && <span>{stream.markets.map(marketText).join(", ")}</span>}
      {stream.visibility === "private" && <span class="tag plain">{texts.t("studio.visibility_private")}</span>}
    </span>
  );
}

/** Streams that wait; their owner can start, change and take them back. */
export function ScheduledList({ streams, isOwn }: { streams: readonly StreamObject[]; isOwn: boolean }): JSX.Element {
  const { t } = useTexts();
  if (streams.length === 0) return <p class="empty">{t("studio.none_scheduled")}</p>;
  return (
    <ul class="stream-rows">
      {streams.map((stream) => (
        <li key={stream.stream_id} class="stream-row">
          <div class="stream-name">
            <a href={isOwn ? studioPath(stream) : roomPath(stream)}>{stream.title}</a>
            <StreamFacts stream={stream} />
          </div>
          <span class="stream-when">
            <Moment at={stream.scheduled_for} />
          </span>
          {isOwn && (
            <span class="row-actions">
              <form action={`${studioPath(stream)}/start`} method="post">
                <button type="submit" class="button secondary">{t("studio.start")}</button>
              </form>
              <a class="button outline" href={`${studioPath(stream)}/edit`}>{t("studio.edit")}</a>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Streams that are over, with their recordings. */
export function PastList(
  { streams, isOwn, empty }: { streams: readonly StreamObject[]; isOwn: boolean; empty: string },
): JSX.Element {
  const { t } = useTexts();
  if (streams.length === 0) return <p class="empty">{empty}</p>;
  return (
    <ul class="stream-rows">
      {streams.map((stream) => (
        <li key={stream.stream_id} class="stream-row">
          <div class="stream-name">
            <a href={isOwn ? studioPath(stream) : roomPath(stream)}>{stream.title}</a>
            <StreamFacts stream={stream} />
          </div>
          <span class="stream-when">
            <Moment at={stream.started_at} />
            <span class="sub">{durationText(stream.duration_seconds) ?? t("live.no_data")}</span>
          </span>
          <span class="stream-peak">
            <span class="sub">{t("studio.peak")}</span> {stream.peak_viewers}
          </span>
          <span class="row-actions">
            {stream.recording_url !== null && (
              <a class="button outline" href={stream.recording_url} rel="noopener noreferrer nofollow">
                {t("studio.watch_recording")}
              </a>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
