import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { two } from "../../lib/market/format.ts";
import type { MarketPageData } from "../../lib/market/page.ts";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import type { ChatPage, RoomViewers, StreamDetail, TipTerms } from "../../lib/rooms/answers.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import type { TipPlace } from "../../lib/rooms/tip_board.ts";
import type { Texts } from "../layout/texts.ts";

/** Who reads a room; their name is null while it is not known. */
export interface Reader {
  userId: string;
  username: string | null;
}

/** Characters a message may have. */
export const MESSAGE_LENGTH_MAX = 500;

/** What stands beside the chart. */
export type RoomTab = "chat" | "people" | "search";

/** What was found in a chat: oldest first, with the cursor of what is older. */
export interface ChatFind extends ChatPage {
  query: string;
}

/** What a viewer's page is rendered from, and its island starts from. */
export interface RoomState {
  detail: StreamDetail;
  /** Null for who is not signed in. */
  reader: Reader | null;
  chat: ChatPage;
  /** Whether the page of the chat is the newest one. */
  isNewest: boolean;
  /** The message the page of the chat was opened for. */
  at: string | null;
  /** Who is there, for the list of people. */
  viewers: RoomViewers | null;
  /** What was searched for in the chat. */
  find: ChatFind | null;
  board: readonly TipPlace[];
  terms: TipTerms | null;
  /** The market the streamer shows; null where there is none. */
  market: { page: MarketPageData; timeframe: Timeframe } | null;
  tab: RoomTab;
  /** Ids for the page's forms: sent twice, they are done once. */
  messageId: string;
  tipId: string;
  /** What a refused form is shown with again. */
  typed: string;
  nowMs: number;
}

/** The streamer's name, or a word for it. */
export function streamerName({ t }: Pick<Texts, "t">, { streamer }: Pick<StreamObject, "streamer">): string {
  return streamer.username ?? t("room.somebody");
}

/** A count as "12,906". */
export function countText(count: number): string {
  return formatDecimal(String(count), 0) ?? "0";
}

/** Seconds as "03:41:20". */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60].map(two).join(":");
}

/** A time of day as "14:32". */
export function clockText(texts: Pick<Texts, "locale" | "timeZone">, at: string): string {
  return instantText(texts, at).slice(-5);
}

/** An instant as "14 Oct 14:32"; empty for none. */
export function instantText({ locale, timeZone }: Pick<Texts, "locale" | "timeZone">, at: string | null): string {
  const atMs = Date.parse(at ?? "");
  return Number.isNaN(atMs) ? "" : formatDayTime(atMs, locale, timeZone);
}

/** Where a message stands in its room's history. */
export function messagePath(messageId: string): string {
  return `?${new URLSearchParams({ at: messageId })}#chat`;
}

/** Where a room is. */
export function roomPath(streamId: string): string {
  return `/live/${streamId}`;
}
