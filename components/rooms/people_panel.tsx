import type { JSX } from "preact";
import type { RoomMessage, StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { RoleTag } from "./chat_line.tsx";
import { Avatar } from "./person.tsx";
import { countText } from "./room_state.ts";

/** People listed: those who talked last. */
const PEOPLE_MAX = 100;

interface Talker {
  username: string;
  role: "streamer" | "moderator" | null;
}

/** Who is there: those who watch by their number, those who talked by name. */
export function PeoplePanel(
  { stream, messages }: { stream: StreamObject; messages: readonly RoomMessage[] },
): JSX.Element {
  const { t } = useTexts();
  const people = talkers(stream, messages);
  return (
    <div class="people scroller">
      <p class="people-count">
        <span>{t("room.in_room")}</span>
        <strong class="num">{countText(stream.viewer_count)}</strong>
      </p>
      <p class="sub">{t("room.anonymous_note")}</p>
      <h2>{t("room.talking")}</h2>
      {people.length === 0 && <p class="quiet">{t("room.nobody_talked")}</p>}
      <ul>
        {people.map(({ username, role }) => (
          <li key={username}>
            <Avatar name={username} />
            <a href={`/u/${username}`}>{username}</a>
            <RoleTag role={role} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The streamer, the moderators, then who talked last. */
function talkers({ streamer }: StreamObject, messages: readonly RoomMessage[]): Talker[] {
  const found = new Map<string, Talker>();
  if (streamer.username !== null) found.set(streamer.username, { username: streamer.username, role: "streamer" });
  for (let i = messages.length - 1; i >= 0 && found.size < PEOPLE_MAX; i--) {
    const message = messages[i];
    if (!message || "removed" in message || message.username === null || found.has(message.username)) continue;
    found.set(message.username, { username: message.username, role: message.role });
  }
  const rank = ({ role }: Talker) => role === "streamer" ? 0 : role === "moderator" ? 1 : 2;
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}
