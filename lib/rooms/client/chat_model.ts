import { signal } from "@preact/signals";
import type { ChatPage } from "../answers.ts";
import type { RoomMe, RoomMessage, RoomSettings, SentMessageType } from "../shapes.ts";
import {
  addMessages,
  addOlder,
  applyRemoval,
  createLog,
  dropped,
  failed,
  lastId,
  type Outgoing,
  type Removal,
  sending,
} from "../chat_log.ts";
import type { CallRoom, Refused, RoomAnswer } from "./room_api.ts";
import { type ChatPart, ChatPast } from "./chat_past.ts";
import { fieldsOf, isMessage, readLines } from "./room_checks.ts";

/** Messages asked for at once, and pages read to catch up: who missed more begins anew. */
const PAGE_LIMIT = 200;
const CATCH_UP_PAGES_MAX = 5;

/** Catching up that failed is tried again this much later. */
const CATCH_UP_AGAIN_ms = 3_000;

/** What can be sent at most six of is an emoji and nothing else. */
const EMOJI_ALONE = /^(?:\p{RGI_Emoji}\s?){1,6}$/v;

/** Refusals after which the next message has to wait too. */
const HOLDING = ["slow_mode", "rate_limited"];

/** Who reads and talks. */
export interface ChatReader {
  userId: string;
  username: string | null;
}

/** What a chat begins with. */
export interface ChatStart {
  streamId: string;
  /** Null for who is not signed in. */
  reader: ChatReader | null;
  role: RoomMe["role"];
  mutedUntil: string | null;
  settings: Pick<RoomSettings, "slow_mode_s" | "followers_only" | "pinned">;
  page: ChatPage;
  /** Whether the page is the newest one; an older one is looked at beside the chat. */
  isNewest?: boolean;
}

/** What a chat needs of its browser. */
export interface ChatPort {
  call: CallRoom;
  nowMs(): number;
  /** A new UUID. */
  newId(): string;
}

/** A room's chat: what was said, what is being said, and what moderators do about it. */
export class ChatModel {
  readonly start: ChatStart;
  readonly log;
  readonly settings;
  /** What stands in the box. */
  readonly draft = signal("");
  readonly type = signal<SentMessageType>("TEXT");
  /** Why the last thing asked was not done; null once something else is. */
  readonly refusal = signal<Refused | null>(null);
  /** When the next message may be sent, Unix ms. */
  readonly waitUntil = signal(0);
  readonly mutedUntil;
  /** Messages may be missing: they could not be fetched yet. */
  readonly isIncomplete = signal(false);
  readonly isModerator: boolean;
  /** An older part of the chat, while one looks at it. */
  readonly past;

  readonly #port: ChatPort;
  readonly #path: string;
  #kept: Outgoing | null = null;
  /** Everything up to this message has come; null when none had when the page was made. */
  #wholeId: string | null;
  /** The last one heard. It says nothing about those before it while some of them may be missing. */
  #heardId: string | null = null;
  #isWhole = false;
  #isCatchingUp = false;
  /** Joined once more while catching up: what was read may be from before. */
  #isBehindAgain = false;
  #isReadingOlder = false;
  #posted = Promise.resolve();
  #again: ReturnType<typeof setTimeout> | undefined;
  #hasStopped = false;

  constructor(start: ChatStart, port: ChatPort) {
    this.start = start;
    this.#port = port;
    this.#path = `streaming/${start.streamId}`;
    const { page, isNewest = true } = start;
    this.past = new ChatPast((range) => this.#page(range), ({ messages, olderCursor }) => {
      const { log } = this;
      log.value = addMessages({ ...log.value, messages, olderCursor }, log.value.messages, null);
    });
    if (!isNewest) this.past.show(page);
    this.log = signal(isNewest ? createLog(page.items, page.next_cursor) : createLog([], null));
    this.#wholeId = lastId(this.log.value);
    this.settings = signal(start.settings);
    this.mutedUntil = signal(Date.parse(start.mutedUntil ?? "") || 0);
    this.isModerator = start.role === "streamer" || start.role === "moderator";
  }

  /** Takes what the room tells, as far as it is about the chat. */
  take(event: string, payload: unknown): void {
    const fields = fieldsOf(payload);
    if (event === "chat_message" && isMessage(payload)) {
      this.#add([payload]);
      this.#heardId = payload.message_id;
      if (this.#isWhole) this.#wholeId = payload.message_id;
    } else if (event === "message_removed" && typeof fields.removed === "boolean") {
      this.#remove(fields as unknown as Removal);
    } else if (event === "room_settings") {
      const { slow_mode_s = this.settings.value.slow_mode_s, followers_only = this.settings.value.followers_only } =
        fields as Partial<RoomSettings>;
      const pinned = "pinned" in fields ? fields.pinned : this.settings.value.pinned;
      this.settings.value = { slow_mode_s, followers_only, pinned: isMessage(pinned) ? pinned : null };
      if (slow_mode_s === 0) this.waitUntil.value = 0;
    }
  }

  /**
   * Reads what was said since the last message known.
   * @param isAgain after a lost connection: what was removed meanwhile is read as well.
   * @param readFirst reads what came after a message together with what was removed; null when it cannot.
   */
  async catchUp(isAgain: boolean, readFirst?: (after: string) => Promise<ChatPart | null>): Promise<void> {
    this.#isWhole = false;
    this.#isBehindAgain = this.#isCatchingUp;
    if (this.#isCatchingUp || this.#hasStopped) return;
    this.#isCatchingUp = true;
    clearTimeout(this.#again);
    this.#heardId = null;
    const isDone = await this.#readMissed(readFirst) &&
      (!isAgain || readFirst !== undefined || await this.#readNewest(false));
    this.#isCatchingUp = false;
    if (this.#hasStopped) return;
    if (this.#isBehindAgain) return await this.catchUp(true);
    this.isIncomplete.value = !isDone;
    this.#isWhole = isDone;
    if (!isDone) this.#again = setTimeout(() => void this.catchUp(isAgain), CATCH_UP_AGAIN_ms);
    else if (this.#heardId !== null) this.#wholeId = this.#heardId;
  }

  /** Ends what still waits to be done. */
  stop(): void {
    this.#hasStopped = true;
    clearTimeout(this.#again);
  }

  /** Goes to a message, however long ago it was said; false when it cannot be read. */
  async open(messageId: string): Promise<boolean> {
    if (this.log.value.messages.some(({ message_id }) => message_id === messageId)) {
      this.past.close();
      this.past.target.value = { messageId };
      return true;
    }
    return await this.past.open(messageId);
  }

  /** Back from an older part of the chat. */
  openNewest(): void {
    this.past.close();
    // Of a page that began with an older part nothing else has come where nobody talks any more.
    if (this.#wholeId === null) void this.catchUp(false);
  }

  /** Reads the page before the oldest message. */
  async readOlder(): Promise<void> {
    if (this.past.log.value) return await this.past.readOlder();
    const { olderCursor } = this.log.value;
    if (olderCursor === null || this.#isReadingOlder) return;
    this.#isReadingOlder = true;
    const page = await this.#page({ before: olderCursor });
    this.#isReadingOlder = false;
    if (page) this.log.value = addOlder(this.log.value, page.items, page.cursor);
  }

  /** Says what stands in the box; while one has to wait it stays there. */
  async send(): Promise<void> {
    const message = this.draft.value.trim().normalize("NFC");
    if (message === "" || this.waitUntil.value > this.#port.nowMs()) return;
    const isSame = this.#kept?.message === message;
    const type = this.type.value;
    this.draft.value = "";
    this.type.value = "TEXT";
    // What one says stands at the end.
    this.past.close();
    await this.#post({
      // Refused and sent again it is the same request.
      client_id: isSame && this.#kept ? this.#kept.client_id : this.#port.newId(),
      message,
      message_type: type === "TEXT" && EMOJI_ALONE.test(message) ? "EMOJI" : type,
      state: "sending",
    });
  }

  /** Sends again what failed: by the same id, so that it is said once. */
  async retry(clientId: string): Promise<void> {
    const found = this.log.value.outgoing.find(({ client_id }) => client_id === clientId);
    if (found && found.state === "failed") await this.#post(found);
  }

  /** Forgets what failed. */
  discard(clientId: string): void {
    this.log.value = dropped(this.log.value, clientId);
  }

  /** Takes a message out of the room, or gives it back. */
  async setRemoved(messageId: string, removed: boolean): Promise<boolean> {
    const path = `${this.#path}/messages/${messageId}`;
    const answer = removed ? await this.#act("DELETE", path) : await this.#act("POST", `${path}/restore`, {});
    if (!answer.ok) return false;
    const lines = readLines([answer.data.message]);
    this.past.replace(lines);
    // One that is older than what is kept would leave a gap behind it.
    const first = this.log.value.messages[0]?.message_id ?? "";
    this.#add(lines.filter(({ message_id }) => message_id >= first));
    return true;
  }

  /** Takes somebody's voice for a while; 0 gives it back. */
  async mute(userId: string, seconds: number): Promise<boolean> {
    return (await this.#act("POST", `${this.#path}/mutes`, { user_id: userId, seconds })).ok;
  }

  /** Shuts somebody out. */
  async ban(userId: string): Promise<boolean> {
    const { ok } = await this.#act("POST", `${this.#path}/bans`, { user_id: userId });
    if (ok) this.#remove({ user_id: userId, removed: true });
    return ok;
  }

  /** Puts a message above the chat, or takes it down. */
  async pin(messageId: string | null): Promise<boolean> {
    return (await this.#act("POST", `${this.#path}/settings`, { pinned_message_id: messageId })).ok;
  }

  /** Tells the moderators about a message. */
  async report(messageId: string, reason: string): Promise<boolean> {
    return (await this.#act("POST", `${this.#path}/reports`, { message_id: messageId, reason })).ok;
  }

  /** One after the other: what is said first stands first. */
  #post(out: Outgoing): Promise<void> {
    this.refusal.value = null;
    this.log.value = sending(this.log.value, out);
    return this.#posted = this.#posted.then(() => this.#deliver(out));
  }

  async #deliver(out: Outgoing): Promise<void> {
    const { client_id, message, message_type } = out;
    const answer = await this.#port.call("POST", `${this.#path}/messages`, { client_id, message, message_type });
    if (answer.ok) {
      this.#kept = null;
      this.log.value = dropped(this.log.value, client_id);
      this.#add(readLines([answer.data.message]));
      const slow_ms = this.isModerator ? 0 : this.settings.value.slow_mode_s * 1_000;
      if (slow_ms > 0) this.waitUntil.value = this.#port.nowMs() + slow_ms;
      return;
    }
    // The broadcast has told meanwhile that it arrived.
    if (!this.log.value.outgoing.some((each) => each.client_id === client_id)) return;
    if (answer.code === "lost") {
      this.log.value = failed(this.log.value, client_id);
      return;
    }
    this.refusal.value = answer;
    const until = this.#port.nowMs() + (answer.retryAfter_s ?? 0) * 1_000;
    if (HOLDING.includes(answer.code)) this.waitUntil.value = until;
    if (answer.code === "muted") this.mutedUntil.value = until;
    if (this.draft.value.trim() !== "") {
      // Something else was begun meanwhile: neither of both gets lost.
      this.log.value = failed(this.log.value, client_id);
      return;
    }
    this.log.value = dropped(this.log.value, client_id);
    this.draft.value = message;
    if (message_type === "ALERT") this.type.value = message_type;
    this.#kept = out;
  }

  async #act(method: "POST" | "DELETE", path: string, body?: object): Promise<RoomAnswer> {
    this.refusal.value = null;
    const answer = await this.#port.call(method, path, body);
    if (!answer.ok) this.refusal.value = answer;
    return answer;
  }

  /** False when not all could be read. */
  async #readMissed(readFirst?: (after: string) => Promise<ChatPart | null>): Promise<boolean> {
    for (let i = 0; i < CATCH_UP_PAGES_MAX; i++) {
      if (this.#wholeId === null) return await this.#readNewest(true);
      const after = this.#wholeId;
      const page = i === 0 && readFirst ? await readFirst(after) : await this.#page({ after });
      if (!page) return false;
      this.#add(page.items);
      this.#wholeId = page.cursor ?? page.items.at(-1)?.message_id ?? this.#wholeId;
      if (page.cursor === null) return true;
    }
    return await this.#readNewest(true);
  }

  async #readNewest(isAnew: boolean): Promise<boolean> {
    const page = await this.#page({});
    if (page && isAnew) {
      const { messages, outgoing } = this.log.value;
      const last = page.items.at(-1)?.message_id ?? "";
      // Heard since the page was asked for.
      const newer = messages.filter(({ message_id }) => message_id > last);
      this.log.value = addMessages({ ...createLog(page.items, page.cursor), outgoing }, newer, null);
      this.#wholeId = page.items.at(-1)?.message_id ?? null;
    } else if (page) this.#add(page.items);
    return page !== null;
  }

  #remove(removal: Removal): void {
    this.log.value = applyRemoval(this.log.value, removal);
    this.past.remove(removal);
  }

  async #page(range: Record<string, string>): Promise<ChatPart | null> {
    const query = new URLSearchParams({ limit: String(PAGE_LIMIT), ...range });
    const answer = await this.#port.call("GET", `${this.#path}/chat?${query}`);
    if (!answer.ok) return null;
    const { items, next_cursor: cursor } = answer.data;
    return { items: readLines(items), cursor: typeof cursor === "string" ? cursor : null };
  }

  #add(items: readonly RoomMessage[]): void {
    this.log.value = addMessages(this.log.value, items, this.start.reader?.userId ?? null);
  }
}
