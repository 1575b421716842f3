import { signal } from "@preact/signals";
import type { ChatPage } from "../answers.ts";
import type { RoomMessage } from "../shapes.ts";
import type { CallRoom, Refused } from "./room_api.ts";
import { readLines } from "./room_checks.ts";

/** Characters that can be searched for; the database takes no others. */
export const SEARCH_CHARS_MIN = 2;
export const SEARCH_CHARS_MAX = 100;

/** Messages found at once. */
const FOUND_LIMIT = 30;

/** What was found, newest first. */
export interface Found {
  query: string;
  items: readonly RoomMessage[];
  /** Where older ones are; null when there are none. */
  cursor: string | null;
}

/** Searches what was said in a room. */
export class ChatSearch {
  readonly found = signal<Found | null>(null);
  readonly isBusy = signal(false);
  /** Why the last search came to nothing. */
  readonly refusal = signal<Refused | null>(null);
  readonly #call: CallRoom;
  readonly #path: string;
  /** The last thing asked for: an answer to an older one comes too late. */
  #turn = 0;

  /** @param first what the page was rendered with, oldest first. */
  constructor(call: CallRoom, streamId: string, first: ChatPage & { query: string } | null) {
    this.#call = call;
    this.#path = `streaming/${streamId}/chat`;
    if (first) {
      this.found.value = { query: first.query, items: [...first.items].reverse(), cursor: first.next_cursor };
    }
  }

  /** Searches for a text; for what is too short nothing is found or asked. */
  async search(text: string): Promise<void> {
    const query = text.trim();
    if (query.length < SEARCH_CHARS_MIN) {
      this.#turn++;
      this.isBusy.value = false;
      this.found.value = null;
      return;
    }
    await this.#read(query, []);
  }

  /** Reads what was found of before. */
  async more(): Promise<void> {
    const { value } = this.found;
    if (value?.cursor && !this.isBusy.value) await this.#read(value.query, value.items, value.cursor);
  }

  async #read(query: string, known: readonly RoomMessage[], before?: string): Promise<void> {
    const turn = ++this.#turn;
    this.isBusy.value = true;
    this.refusal.value = null;
    const params = { q: query, limit: String(FOUND_LIMIT), ...before === undefined ? {} : { before } };
    const answer = await this.#call("GET", `${this.#path}?${new URLSearchParams(params)}`);
    if (turn !== this.#turn) return;
    this.isBusy.value = false;
    if (!answer.ok) {
      this.refusal.value = answer;
      return;
    }
    const { items, next_cursor: cursor } = answer.data;
    this.found.value = {
      query,
      items: [...known, ...readLines(items).toReversed()],
      cursor: typeof cursor === "string" ? cursor : null,
    };
  }
}
