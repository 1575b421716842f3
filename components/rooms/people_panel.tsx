import type { ComponentChildren, JSX } from "preact";
import type { RoomViewers } from "../../lib/rooms/answers.ts";
import type { RoomMe, RoomMessage, StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { RoleTag } from "./chat_line.tsx";
import { Avatar } from "./person.tsx";
import { BAN, CLOCK, Glyph, SPEAK } from "./room_icons.tsx";
import { countText, type Reader, roomPath } from "./room_state.ts";

/** People listed of those who talked: the last ones. */
const TALKERS_MAX = 100;

/** What moderators can do about somebody. */
export type PersonChoice = "mute" | "unmute" | "ban";

/** Somebody in a room. */
export interface RoomPerson {
  userId: string;
  username: string;
  role: "streamer" | "moderator" | null;
  /** As moderators know it. */
  isMuted: boolean;
  isShadowed: boolean;
}

export interface PeoplePanelProps {
  stream: StreamObject;
  /** Null where they could not be had. */
  viewers: RoomViewers | null;
  messages: readonly RoomMessage[];
  reader: Reader | null;
  role: RoomMe["role"];
  /** Without it there is nothing to be done about anybody. */
  onAct?: ((choice: PersonChoice, person: RoomPerson) => void) | undefined;
  /** A question about one of them, below. */
  question?: { userId: string; content: ComponentChildren } | null;
  /** What was done, for all to read. */
  done?: string;
}

/** Who is there: people by name, those without an account by their number; then who talked and left. */
export function PeoplePanel(props: PeoplePanelProps): JSX.Element {
  const { stream, viewers, messages, reader, done = "" } = props;
  const { t } = useTexts();
  const here = presentPeople(stream, viewers);
  const talked = talkers(messages, new Set([stream.streamer_id, ...here.map(({ userId }) => userId)]));
  const more = viewers === null || reader === null ? 0 : viewers.signed_in - viewers.items.length;
  const isLive = stream.status === "LIVE";
  return (
    <div class="people scroller">
      <p class="people-count">
        <span>{t("room.in_room")}</span>
        <strong class="num">{countText(stream.viewer_count)}</strong>
      </p>
      {viewers !== null && isLive && (
        <dl class="people-counts">
          <dt>{t("room.with_account")}</dt>
          <dd class="num">{countText(viewers.signed_in)}</dd>
          <dt>{t("room.without_account")}</dt>
          <dd class="num">{countText(viewers.anonymous)}</dd>
        </dl>
      )}
      <p class="sub">{t("room.people_note")}</p>
      <p class="people-done" role="status">{done}</p>
      {isLive && (
        <section aria-labelledby="people-here">
          <h2 id="people-here">{t("room.here")}</h2>
          <ul>{here.map((person) => <PersonRow key={person.userId} {...props} person={person} />)}</ul>
          {more > 0 && <p class="quiet">{t("room.people_more", { count: countText(more) })}</p>}
          {reader === null
            ? (
              <p>
                <a href={`/login?${new URLSearchParams({ next: roomPath(stream.stream_id) })}`}>
                  {t("room.people_sign_in")}
                </a>
              </p>
            )
            : viewers?.signed_in === 0 && <p class="quiet">{t("room.people_alone")}</p>}
        </section>
      )}
      {(talked.length > 0 || messages.length === 0) && (
        <section aria-labelledby="people-talked">
          <h2 id="people-talked">{t("room.talking")}</h2>
          {messages.length === 0 && <p class="quiet">{t("room.nobody_talked")}</p>}
          <ul>{talked.map((person) => <PersonRow key={person.userId} {...props} person={person} />)}</ul>
        </section>
      )}
    </div>
  );
}

function PersonRow({ person, reader, role, onAct, question }: PeoplePanelProps & { person: RoomPerson }): JSX.Element {
  const { t } = useTexts();
  const { userId, username: name, isMuted } = person;
  const decides = reader !== null && userId !== reader.userId &&
    // Nobody decides about the streamer, and the streamer alone about moderators.
    (role === "streamer" || (role === "moderator" && person.role === null));
  const tool = (choice: PersonChoice, label: string, d: string) => (
    <button
      type="button"
      class={choice}
      aria-label={label}
      title={label}
      onClick={() => onAct?.(choice, person)}
    >
      <Glyph d={d} />
    </button>
  );
  return (
    <li>
      <div class="person-row">
        <Avatar name={name} />
        <a href={`/u/${name}`}>{name}</a>
        <RoleTag role={person.role} />
        {isMuted && <span class="role-tag">{t("room.muted")}</span>}
        {person.isShadowed && <span class="role-tag">{t("room.shadowed")}</span>}
        {decides && onAct && (
          <div class="person-tools" role="group" aria-label={t("room.act_person", { name })}>
            {isMuted
              ? tool("unmute", t("room.act_unmute", { name }), SPEAK)
              : tool("mute", t("room.act_mute", { name }), CLOCK)}
            {tool("ban", t("room.act_ban", { name }), BAN)}
          </div>
        )}
      </div>
      {question?.userId === userId && question.content}
    </li>
  );
}

/** The streamer, then who watches. */
function presentPeople({ streamer, streamer_id }: StreamObject, viewers: RoomViewers | null): RoomPerson[] {
  const host = streamer.username === null ? [] : [plain(streamer_id, streamer.username, "streamer")];
  const others = viewers?.items ?? [];
  return [
    ...host,
    ...others.flatMap(({ user_id, username, role, muted_until, shadow_banned }) =>
      username === null ? [] : {
        ...plain(user_id, username, role),
        isMuted: typeof muted_until === "string",
        isShadowed: shadow_banned === true,
      }
    ),
  ];
}

/** Who talked last, without those who are listed already. */
function talkers(messages: readonly RoomMessage[], listed: ReadonlySet<string>): RoomPerson[] {
  const found = new Map<string, RoomPerson>();
  for (let i = messages.length - 1; i >= 0 && found.size < TALKERS_MAX; i--) {
    const message = messages[i];
    if (!message || "removed" in message || message.username === null || message.user_id === null) continue;
    const { user_id: id, username, role } = message;
    if (!listed.has(id) && !found.has(id)) found.set(id, plain(id, username, role));
  }
  return [...found.values()];
}

function plain(userId: string, username: string, role: RoomPerson["role"]): RoomPerson {
  return { userId, username, role, isMuted: false, isShadowed: false };
}
