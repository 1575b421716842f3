import type { JSX } from "preact";
import type { ActsPage, ReportsPage, ReportStatus, RoomPeople, StreamStats } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { CardsPanel, type OfferedPool } from "./cards_panel.tsx";
import { LogPanel } from "./log_panel.tsx";
import { PeoplePanel } from "./people_panel.tsx";
import { ReportsPanel } from "./reports_panel.tsx";
import { studioPath } from "./room_text.ts";
import { SettingsPanel } from "./settings_panel.tsx";
import { StatsPanel } from "./stats_panel.tsx";

/** Parts of the desk. */
export const DESK_TABS = ["stats", "reports", "people", "settings", "cards", "log"] as const;

/** See {@link DESK_TABS}. */
export type DeskTab = (typeof DESK_TABS)[number];

/** What the part that is shown consists of. */
export type DeskContent =
  | { tab: "stats"; stats: StreamStats }
  | { tab: "reports"; reports: ReportsPage; status: ReportStatus; isFirst: boolean }
  | { tab: "people"; people: RoomPeople }
  | { tab: "settings" }
  | { tab: "cards"; pools: readonly OfferedPool[]; clientId: string }
  | { tab: "log"; acts: ActsPage; isFirst: boolean };

export interface DeskProps {
  stream: StreamObject;
  isOwner: boolean;
  content: DeskContent;
  /** Reports that wait; null where they were not counted. */
  waiting: number | null;
}

/** Reports that are counted beside the tab; more are "20+". */
export const WAITING_MAX = 20;

/** Numbers, reports, people, settings, cards and log of a room, one at a time. */
export function Desk({ stream, isOwner, content, waiting }: DeskProps): JSX.Element {
  const { t } = useTexts();
  const path = studioPath(stream);
  const tabs = DESK_TABS.filter((tab) =>
    (tab !== "cards" || stream.status === "LIVE") && (tab !== "settings" || stream.status !== "ENDED")
  );
  return (
    <section class="panel desk" aria-label={t("studio.tabs")}>
      <nav class="tabs desk-tabs" aria-label={t("studio.tabs")} data-soft>
        {tabs.map((tab) => (
          <a key={tab} href={`${path}?tab=${tab}`} aria-current={tab === content.tab ? "page" : undefined}>
            {t(`studio.tab_${tab}`)}
            {tab === "reports" && waiting !== null && waiting > 0 && (
              <span class="count late">{waiting > WAITING_MAX ? `${WAITING_MAX}+` : waiting}</span>
            )}
          </a>
        ))}
      </nav>
      <div class="desk-body">
        <Content stream={stream} isOwner={isOwner} content={content} />
      </div>
    </section>
  );
}

function Content({ stream, isOwner, content }: Omit<DeskProps, "waiting">): JSX.Element {
  switch (content.tab) {
    case "stats":
      return <StatsPanel stats={content.stats} />;
    case "reports":
      return <ReportsPanel stream={stream} {...content} />;
    case "people":
      return <PeoplePanel stream={stream} isOwner={isOwner} people={content.people} />;
    case "settings":
      return <SettingsPanel stream={stream} />;
    case "cards":
      return <CardsPanel stream={stream} pools={content.pools} clientId={content.clientId} />;
    case "log":
      return <LogPanel stream={stream} acts={content.acts} isFirst={content.isFirst} />;
  }
}
