import type { MessageObject, RoomMessage, SentMessageType } from "./shapes.ts";

/** Messages a page keeps; of more the oldest go, and can be read again. */
export const CHAT_MESSAGES_MAX = 10_000;

/** Something on its way to the room: shown at once, and never as if it had arrived. */
export interface Outgoing {
  client_id: string;
  message: string;
  message_type: SentMessageType;
  state: "sending" | "failed";
}

/** What a page knows of a room's chat. */
export interface ChatLog {
  /** By id, which is the order in which they were said. */
  messages: readonly RoomMessage[];
  outgoing: readonly Outgoing[];
  /** Whose messages a ban hides. */
  bannedIds: ReadonlySet<string>;
  /** Where older messages end that were read; null when there are none before. */
  olderCursor: string | null;
}

/** A removal as rooms hear it: of one message, or of all by one user. */
export interface Removal {
  message_id?: string;
  user_id?: string;
  removed: boolean;
  message?: MessageObject | null | undefined;
}

/** A chat that begins with a page of its newest messages. */
export function createLog(items: readonly RoomMessage[], olderCursor: string | null): ChatLog {
  const log = { messages: [], outgoing: [], bannedIds: new Set<string>(), olderCursor };
  return addMessages(log, items, null);
}

/**
 * Adds messages, in whatever order and however often they come: each is kept once, as it was told last.
 * @param ownId the reader's user id: a message of theirs ends the sending of one like it, for it may come before the
 *   answer to whoever sent it.
 */
export function addMessages(log: ChatLog, items: readonly RoomMessage[], ownId: string | null): ChatLog {
  if (items.length === 0) return log;
  const outgoing = items.reduce((left, item) => withoutSent(left, item, ownId), log.outgoing);
  const messages = merge(log.messages, items);
  const surplus = messages.length - CHAT_MESSAGES_MAX;
  if (surplus <= 0) return { ...log, outgoing, messages };
  const kept = messages.slice(surplus);
  return { ...log, outgoing, messages: kept, olderCursor: kept[0]?.message_id ?? null };
}

/** Adds a page of older messages; where it ends, the one before it begins. A full log takes no more. */
export function addOlder(log: ChatLog, items: readonly RoomMessage[], olderCursor: string | null): ChatLog {
  const room = CHAT_MESSAGES_MAX - log.messages.length;
  const kept = room > 0 ? items.slice(-room) : [];
  const isWhole = kept.length === items.length;
  return {
    ...log,
    messages: merge(log.messages, kept),
    olderCursor: isWhole ? olderCursor : kept[0]?.message_id ?? log.olderCursor,
  };
}

/** Shows something as on its way; asked again by the same id, it is on its way again. */
export function sending(log: ChatLog, { client_id, message, message_type }: Omit<Outgoing, "state">): ChatLog {
  const others = log.outgoing.filter((each) => each.client_id !== client_id);
  return { ...log, outgoing: [...others, { client_id, message, message_type, state: "sending" }] };
}

/** Says that something did not arrive, as far as one knows. */
export function failed(log: ChatLog, clientId: string): ChatLog {
  const outgoing = log.outgoing.map((each) =>
    each.client_id === clientId ? { ...each, state: "failed" as const } : each
  );
  return { ...log, outgoing };
}

/** Takes something back that did not arrive. */
export function dropped(log: ChatLog, clientId: string): ChatLog {
  return { ...log, outgoing: log.outgoing.filter((each) => each.client_id !== clientId) };
}

/** Hides messages, or shows them again. */
export function applyRemoval(log: ChatLog, { message_id, user_id, removed, message }: Removal): ChatLog {
  if (user_id !== undefined) {
    const bannedIds = new Set(log.bannedIds);
    if (removed) bannedIds.add(user_id);
    else bannedIds.delete(user_id);
    return { ...log, bannedIds };
  }
  const messages = log.messages.map((each) => {
    if (each.message_id !== message_id) return each;
    // By whom is not told; null would be a ban.
    if (removed) return { ...each, removed: true as const, removed_by_name: "" };
    return message ?? withoutRemoval(each);
  });
  return { ...log, messages };
}

/** Whether a message is to be shown as a gap. */
export function isHidden(log: Pick<ChatLog, "bannedIds">, message: RoomMessage): boolean {
  return "removed" in message || log.bannedIds.has(message.user_id ?? "");
}

/** The newest message's id: what was said after it can be asked for. */
export function lastId(log: ChatLog): string | null {
  return log.messages.at(-1)?.message_id ?? null;
}

function merge(known: readonly RoomMessage[], items: readonly RoomMessage[]): readonly RoomMessage[] {
  const last = known.at(-1);
  // Nearly always: one more at the end.
  if (items.length === 1 && items[0] && (!last || last.message_id < items[0].message_id)) return [...known, items[0]];
  const byId = new Map(known.map((message) => [message.message_id, message]));
  for (const item of items) byId.set(item.message_id, item);
  return [...byId.values()].sort((a, b) => a.message_id < b.message_id ? -1 : 1);
}

function withoutSent(outgoing: readonly Outgoing[], item: RoomMessage, ownId: string | null): readonly Outgoing[] {
  if (ownId === null || item.user_id !== ownId || "removed" in item) return outgoing;
  const index = outgoing.findIndex(({ client_id, message }) =>
    item.client_id === client_id || (!item.client_id && item.message === message)
  );
  return index === -1 ? outgoing : outgoing.toSpliced(index, 1);
}

/** A message as it was before its removal; one whose content nobody told stays a gap. */
function withoutRemoval(message: RoomMessage): RoomMessage {
  if (!("removed" in message) || message.message_type === undefined) return message;
  const { removed: _, removed_by_name: __, ...rest } = message;
  return rest as MessageObject;
}
