import type { JSX } from "preact";
import type { ActsPage, RoomAct } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { type Texts, useTexts } from "../layout/texts.ts";
import { Pager } from "./home_page.tsx";
import { studioPath } from "./room_text.ts";
import { Moment } from "./stream_lists.tsx";

const KNOWN_ACTS = [
  ...["user_banned", "user_unbanned", "user_unmuted", "user_shadow_banned", "user_unshadowed"] as const,
  ...["moderator_made", "moderator_unmade", "user_invited", "user_uninvited"] as const,
  ...["message_removed", "message_restored", "settings_changed", "report_upheld", "report_dismissed"] as const,
];

/** What moderators did in this streamer's rooms, the newest first. */
export function LogPanel(
  { stream, acts, isFirst }: { stream: StreamObject; acts: ActsPage; isFirst: boolean },
): JSX.Element {
  const texts = useTexts();
  if (acts.items.length === 0 && isFirst) return <p class="empty">{texts.t("studio.no_acts")}</p>;
  return (
    <>
      <ol class="act-rows">
        {acts.items.map((act) => (
          <li key={act.id}>
            <span class="sub">
              <Moment at={act.at} />
            </span>
            <span>
              {actText(texts, act)}
              {typeof act.detail.message === "string" && <q class="said">{act.detail.message}</q>}
            </span>
          </li>
        ))}
      </ol>
      <Pager path={studioPath(stream)} nextCursor={acts.next_cursor} isFirst={isFirst} more={{ tab: "log" }} />
    </>
  );
}

/** An act as a sentence; one that is newer than this list by its name. */
export function actText({ t }: Pick<Texts, "t">, act: RoomAct): string {
  const actor = act.actor_name ?? t("studio.someone");
  const subject = act.subject_name ?? t("studio.someone");
  if (act.act === "user_muted") {
    return t("studio.act_user_muted", { actor, subject, seconds: String(act.detail.seconds ?? "") });
  }
  const known = KNOWN_ACTS.find((each) => each === act.act);
  if (known === undefined) return t("studio.act_other", { actor, act: act.act.replaceAll("_", " ") });
  if (known === "settings_changed") return t("studio.act_settings_changed", { actor });
  return t(`studio.act_${known}`, { actor, subject });
}
