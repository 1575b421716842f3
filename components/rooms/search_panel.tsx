import type { JSX, Ref } from "preact";
import type { RoomMessage } from "../../lib/rooms/shapes.ts";
import { plural } from "../layout/plural.ts";
import { type Texts, useTexts } from "../layout/texts.ts";
import { FIND, Glyph } from "./room_icons.tsx";
import { instantText, messagePath } from "./room_state.ts";

/** Characters that can be searched for. */
const QUERY_LENGTH_MIN = 2;
const QUERY_LENGTH_MAX = 100;

export interface SearchPanelProps {
  /** What stands in the box. */
  query: string;
  /** What was found, newest first; null before anything was searched for. */
  found: { query: string; items: readonly RoomMessage[]; cursor: string | null } | null;
  isBusy?: boolean;
  error?: string | null;
  box?: Ref<HTMLInputElement>;
  /** Without them the browser goes to where the form and the links lead. */
  onSearch?: ((query: string) => void) | undefined;
  onMore?: (() => void) | undefined;
  onOpen?: ((messageId: string) => void) | undefined;
}

/** Searching what was said; a find leads to where it stands in the chat. */
export function SearchPanel(props: SearchPanelProps): JSX.Element {
  const { query, found, isBusy = false, error = null, box, onSearch, onMore, onOpen } = props;
  const texts = useTexts();
  const { t } = texts;
  return (
    <div class="chat-find">
      <form
        class="find-form"
        role="search"
        action="#chat"
        method="get"
        onSubmit={onSearch && ((event) => {
          event.preventDefault();
          onSearch(String(new FormData(event.currentTarget).get("find")));
        })}
      >
        <input type="hidden" name="tab" value="search" />
        <input
          type="search"
          name="find"
          ref={box}
          value={query}
          minLength={QUERY_LENGTH_MIN}
          maxLength={QUERY_LENGTH_MAX}
          required
          autocomplete="off"
          placeholder={t("room.search")}
          aria-label={t("room.search")}
          aria-describedby="find-said"
        />
        <button type="submit" class="button secondary">
          <Glyph d={FIND} />
          {t("room.search_do")}
        </button>
      </form>
      <p class="find-said sub" id="find-said" role="status">
        {error ?? (isBusy ? t("room.searching") : saidOf(texts, found))}
      </p>
      <div class="find-list scroller">
        <ol>
          {found?.items.map((message) => (
            <FoundLine key={message.message_id} message={message} query={found.query} onOpen={onOpen} />
          ))}
        </ol>
        {found && found.cursor !== null && (
          <p class="chat-more">
            <a
              href={`?${new URLSearchParams({ tab: "search", find: found.query, before: found.cursor })}#chat`}
              onClick={onMore && ((event) => {
                event.preventDefault();
                onMore();
              })}
            >
              {t("room.search_more")}
            </a>
          </p>
        )}
      </div>
    </div>
  );
}

function saidOf(texts: Texts, found: SearchPanelProps["found"]): string {
  const { t } = texts;
  if (found === null) return t("room.search_hint");
  const { items: { length }, cursor, query } = found;
  if (length === 0) return t("room.search_none", { query });
  return cursor === null ? plural(texts, "room.found", length) : t("room.found_more", { count: length });
}

function FoundLine({ message, query, onOpen }: {
  message: RoomMessage;
  query: string;
  onOpen: SearchPanelProps["onOpen"];
}): JSX.Element {
  const texts = useTexts();
  const { message_id: id, created_at: at } = message;
  return (
    <li>
      <a
        class="find-line"
        href={messagePath(id)}
        onClick={onOpen && ((event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          onOpen(id);
        })}
      >
        <span class="chat-who">
          <strong>{message.username ?? texts.t("room.gone")}</strong>
          <time class="sub num" dateTime={at}>{instantText(texts, at)}</time>
        </span>
        <span class="chat-words" dir="auto">
          <Marked text={message.message ?? ""} query={query} />
        </span>
      </a>
    </li>
  );
}

/** A text with what was searched for marked, as far as it stands there letter by letter. */
function Marked({ text, query }: { text: string; query: string }): JSX.Element {
  const wanted = query.trim().toLowerCase();
  const low = text.toLowerCase();
  const parts: (string | JSX.Element)[] = [];
  let from = 0;
  // Letters whose small form is longer would shift what is marked.
  for (let at = low.indexOf(wanted); at !== -1 && low.length === text.length; at = low.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return <>{[...parts, text.slice(from)]}</>;
}
