import type { JSX } from "preact";
import { formatEur } from "../../lib/ledger/money.ts";
import type { Earnings } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { ArrowIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { studioPath } from "./room_text.ts";
import { StreamForm, type StreamFormProps } from "./stream_form.tsx";
import { LiveTag, PastList, ScheduledList, StreamFacts } from "./stream_lists.tsx";

export interface HomePageProps extends Said {
  live: StreamObject | null;
  scheduled: readonly StreamObject[];
  past: readonly StreamObject[];
  /** Where the list of past streams goes on. */
  nextCursor: string | null;
  /** Whether the newest are shown. */
  isFirst: boolean;
  form: Omit<StreamFormProps, "action" | "stage">;
  /** Of the last 30 days. */
  earned: Earnings["total"];
}

/** The streamer's way in: what is live, a new stream, what waits and what was. */
export function HomePage(
  { live, scheduled, past, nextCursor, isFirst, form, earned, ...said }: HomePageProps,
): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="studio-home">
      <SessionGuard />
      <header class="panel studio-intro">
        <div>
          <h1>{t("studio.title")}</h1>
          <p class="quiet">{t("studio.lead")}</p>
        </div>
        <a class="earned" href="/live/studio/earnings">
          <span class="sub">{t("studio.earnings")}, {t("earnings.days_30")}</span>
          <strong>{formatEur(earned.net) ?? <NoData />}</strong>
        </a>
      </header>
      <Notices {...said} />
      {live && <LiveNow stream={live} />}
      <div class="studio-columns">
        <section class="panel" aria-labelledby="new-stream">
          <div class="panel-head">
            <h2 id="new-stream">{t("studio.new_stream")}</h2>
          </div>
          <StreamForm {...form} action="/live/studio" stage="new" />
        </section>
        <div class="studio-side">
          <section class="panel" aria-labelledby="scheduled">
            <div class="panel-head">
              <h2 id="scheduled">{t("studio.scheduled")}</h2>
            </div>
            <ScheduledList streams={scheduled} isOwn />
          </section>
          <section class="panel" aria-labelledby="past">
            <div class="panel-head">
              <h2 id="past">{t("studio.past")}</h2>
            </div>
            <PastList streams={past} isOwn empty={t("studio.none_past")} />
            <Pager path="/live/studio" nextCursor={nextCursor} isFirst={isFirst} />
          </section>
        </div>
      </div>
    </div>
  );
}

function LiveNow({ stream }: { stream: StreamObject }): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel live-now" aria-labelledby="live-now">
      <div class="stream-name">
        <h2 id="live-now">{t("studio.live_now")}</h2>
        <a href={studioPath(stream)}>{stream.title}</a>
        <StreamFacts stream={stream} />
      </div>
      <LiveTag />
      <a class="button primary" href={studioPath(stream)}>
        {t("studio.open")}
        <ArrowIcon />
      </a>
    </section>
  );
}

/** The way to older entries of a list, and back to the newest. */
export function Pager(
  { path, nextCursor, isFirst, more = {} }: {
    path: string;
    nextCursor: string | null;
    isFirst: boolean;
    /** What else the address says. */
    more?: Readonly<Record<string, string>>;
  },
): JSX.Element | null {
  const { t } = useTexts();
  if (nextCursor === null && isFirst) return null;
  const first = new URLSearchParams(more).toString();
  return (
    <p class="panel-foot pager" data-soft>
      {!isFirst && <a href={`${path}${first === "" ? "" : `?${first}`}`}>{t("studio.newest")}</a>}
      {nextCursor !== null && (
        <a href={`${path}?${new URLSearchParams({ ...more, cursor: nextCursor })}`}>{t("studio.older")}</a>
      )}
    </p>
  );
}
