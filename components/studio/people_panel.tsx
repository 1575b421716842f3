import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { RoomPeople } from "../../lib/rooms/answers.ts";
import { OWNER_ACTS, PERSON_ACTS, type PersonAct } from "../../lib/rooms/person_acts.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Hidden } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { studioPath } from "./room_text.ts";
import { Moment } from "./stream_lists.tsx";

/** Lists, and what takes somebody off each. */
const LISTS = [
  ["moderators", "unmoderator"],
  ["muted", "unmute"],
  ["banned", "unban"],
  ["shadow_banned", "unshadow"],
  ["invited", "uninvite"],
] as const satisfies [keyof RoomPeople, PersonAct][];

/** Characters of a user's name. */
const NAME_LENGTH_MAX = 40;

/** Whom the streamer and his moderators decided about, with a way back from each decision. */
export function PeoplePanel(
  { stream, isOwner, people }: { stream: StreamObject; isOwner: boolean; people: RoomPeople },
): JSX.Element {
  const { t } = useTexts();
  const id = useId();
  const action = `${studioPath(stream)}/people`;
  const offered = PERSON_ACTS.filter((act) => isOwner || !OWNER_ACTS.includes(act));
  return (
    <>
      <form action={action} method="post" class="person-form">
        <div class="field">
          <label class="field-label" for={`${id}-name`}>{t("studio.person")}</label>
          <input
            type="text"
            id={`${id}-name`}
            name="username"
            maxLength={NAME_LENGTH_MAX}
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
          />
        </div>
        <div class="field">
          <label class="field-label" for={`${id}-act`}>{t("studio.act")}</label>
          <select id={`${id}-act`} name="act">
            {offered.map((act) => <option key={act} value={act}>{t(`studio.person_${act}`)}</option>)}
          </select>
        </div>
        <button type="submit" class="button secondary">{t("studio.do")}</button>
      </form>
      <p class="field-hint">{t("studio.people_note")}</p>
      <div class="people-lists">
        {LISTS.map(([list, undo]) => (
          <section key={list} aria-label={t(`studio.people_${list}`)}>
            <h3>
              {t(`studio.people_${list}`)} <span class="count">{people[list].length}</span>
            </h3>
            {people[list].length === 0 ? <p class="quiet nobody">{t("studio.nobody")}</p> : (
              <ul>
                {people[list].map((person) => (
                  <Person
                    key={person.user_id}
                    person={person}
                    action={action}
                    undo={isOwner || !OWNER_ACTS.includes(undo) ? undo : null}
                  />
                ))}
              </ul>
            )}
          </section>
        ))}
      </div>
    </>
  );
}

function Person({ person, action, undo }: {
  person: { user_id: string; username: string | null; since?: string; until?: string };
  action: string;
  undo: PersonAct | null;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <li class="person">
      <span class="person-name">{person.username ?? t("studio.someone")}</span>
      <span class="sub">
        <When {...person} />
      </span>
      {undo !== null && (
        <form action={action} method="post">
          <Hidden values={{ user_id: person.user_id, act: undo }} />
          <button
            type="submit"
            class="button outline small"
            aria-label={`${t(`studio.person_${undo}`)}: ${person.username ?? ""}`}
          >
            {t("studio.undo")}
          </button>
        </form>
      )}
    </li>
  );
}

function When({ since, until }: { since?: string; until?: string }): JSX.Element {
  const { t } = useTexts();
  // The sentence's place for the time is where its element goes.
  const [before, after] = t(until === undefined ? "studio.since" : "studio.until", { at: "\u0000" }).split("\u0000");
  return (
    <>
      {before}
      <Moment at={until ?? since ?? null} />
      {after}
    </>
  );
}
