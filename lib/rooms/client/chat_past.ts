import { signal } from "@preact/signals";
import type { ChatPage } from "../answers.ts";
import { addMessages, addOlder, applyRemoval, type ChatLog, createLog, lastId, type Removal } from "../chat_log.ts";
import type { RoomMessage } from "../shapes.ts";

/** Messages read on either side of the one that is looked for. */
const AROUND_LIMIT = 50;

/** Lower than any message's id: what comes after it begins with the room's first. */
const NO_MESSAGE = "00000000-0000-0000-0000-000000000000";

/** A part of a chat, and where the one before or behind it begins. */
export interface ChatPart {
  items: RoomMessage[];
  cursor: string | null;
}

/** Reads a part of a chat; null when it cannot be had. */
export type ReadPart = (range: Record<string, string>) => Promise<ChatPart | null>;

/**
 * An older part of a chat, by itself: what was said between it and now is read as far as one scrolls. It is looked at in
 * the place of the chat, which goes on behind it.
 */
export class ChatPast {
  /** Null while one looks at the newest messages. */
  readonly log = signal<ChatLog | null>(null);
  /** The message to be brought into sight; another object each time. */
  readonly target = signal<{ messageId: string } | null>(null);
  readonly #read: ReadPart;
  readonly #onReached: (log: ChatLog) => void;
  #isReading = false;

  /** @param onReached gets this part once it reaches to now. */
  constructor(read: ReadPart, onReached: (log: ChatLog) => void) {
    this.#read = read;
    this.#onReached = onReached;
  }

  /** Begins with a page that is not the newest. */
  show({ items, next_cursor }: ChatPage): void {
    this.log.value = createLog(items, next_cursor);
  }

  /** Reads what was said around a message; false when that cannot be had. */
  async open(messageId: string): Promise<boolean> {
    if (!this.log.value?.messages.some(({ message_id }) => message_id === messageId)) {
      const before = await this.#read({ before: messageId, limit: String(AROUND_LIMIT) });
      const after = before &&
        await this.#read({ after: before.items.at(-1)?.message_id ?? NO_MESSAGE, limit: String(AROUND_LIMIT) });
      if (!before || !after) return false;
      this.log.value = createLog([...before.items, ...after.items], before.cursor);
    }
    this.target.value = { messageId };
    return true;
  }

  /** Reads the page before the first message. */
  readOlder(): Promise<void> {
    return this.#alone(async (log) => {
      const page = log.olderCursor === null ? null : await this.#read({ before: log.olderCursor });
      return page && { log: addOlder(log, page.items, page.cursor), isWhole: false };
    });
  }

  /** Reads the page behind the last message. */
  readNewer(): Promise<void> {
    return this.#alone(async (log) => {
      const last = lastId(log);
      const page = last === null ? null : await this.#read({ after: last });
      return page && { log: addMessages(log, page.items, null), isWhole: page.cursor === null };
    });
  }

  /** Hides messages, or shows them again. */
  remove(removal: Removal): void {
    if (this.log.value) this.log.value = applyRemoval(this.log.value, removal);
  }

  /** Takes messages as they are now, where they stand in this part. */
  replace(items: readonly RoomMessage[]): void {
    const { value } = this.log;
    const known = items.filter((item) => value?.messages.some(({ message_id }) => message_id === item.message_id));
    if (value) this.log.value = addMessages(value, known, null);
  }

  /** Back to the newest messages. */
  close(): void {
    this.log.value = null;
    this.target.value = null;
  }

  /** One page at a time; what was opened meanwhile stays. */
  async #alone(read: (log: ChatLog) => Promise<{ log: ChatLog; isWhole: boolean } | null>): Promise<void> {
    const { value } = this.log;
    if (value === null || this.#isReading) return;
    this.#isReading = true;
    const next = await read(value);
    this.#isReading = false;
    if (next === null || this.log.value !== value) return;
    this.log.value = next.isWhole ? null : next.log;
    if (next.isWhole) this.#onReached(next.log);
  }
}
