import { wrapTime } from "hono/timing";
import { z } from "zod";
import { RoomPage } from "../../components/rooms/room_page.tsx";
import { type ChatFind, MESSAGE_LENGTH_MAX, type Reader, type RoomState } from "../../components/rooms/room_state.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import type { ChatPage, StreamDetail } from "../../lib/rooms/answers.ts";
import { type StreamObject, viewOf } from "../../lib/rooms/shapes.ts";
import { TIP_PLACES_MAX } from "../../lib/rooms/tip_board.ts";
import { accountOf } from "../accounts/own_page.tsx";
import { endSession, newClientId, NO_STORE, personally, saidTo, toDone, toldIn } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { amountField } from "../ledger/parts.ts";
import { renderPage } from "../page.tsx";
import { isId } from "../pools/params.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { allowMedia } from "./media_policy.ts";

/** Messages the page begins with. */
const CHAT_LIMIT = 50;

/** Messages shown on either side of one that the page is opened for, found at once, and people listed. */
const AROUND_LIMIT = 25;
const FOUND_LIMIT = 30;
const VIEWERS_LIMIT = 100;

/** Lower than any message's id: what comes after it begins with the room's first. */
const NO_MESSAGE = "00000000-0000-0000-0000-000000000000";

/** Characters the chat can be searched for. */
const FIND_LENGTH_MIN = 2;
const FIND_LENGTH_MAX = 100;

const TABS = ["chat", "people", "search"] as const;

/** What the chart shows until the streamer chooses. */
const FIRST_TIMEFRAME: Timeframe = "5m";

/** A part of the chat: the newest, the one before a message, or the one around a message. */
type ChatPart = Pick<RoomState, "chat" | "isNewest" | "at">;

const NO_PART: ChatPart = { chat: { items: [], next_cursor: null }, isNewest: true, at: null };

const messageForm = z.object({ client_id: z.uuid(), message: z.string().max(4 * MESSAGE_LENGTH_MAX) });
const tipForm = z.object({
  client_id: z.uuid(),
  amount: amountField,
  message: z.string().max(4 * MESSAGE_LENGTH_MAX).default(""),
});
const followForm = z.object({ follow: z.enum(["yes", "no"]) });

/** Adds a room as its viewers see it, and what its forms post to without a script. */
export function addRoomPages(app: App, services: Services): void {
  const { rooms, chat, tips } = services;
  app.get("/live/:id{[0-9a-f-]{36}}", async (c) => {
    const id = idOf(c);
    const session = await sessionOf(c, services);
    try {
      return await showRoom(c, services, session, id);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthenticated" || session === null) throw error;
      return endSession(c, services, `/live/${id}`);
    }
  });
  app.post("/live/:id{[0-9a-f-]{36}}/messages", (c) =>
    inRoom(c, services, async ({ accessToken }, id, path) => {
      const { client_id: clientId, message } = await readForm(c, messageForm);
      const sent = chat.send(accessToken, id, { clientId, message, messageType: "TEXT" });
      return await toldIn(c, path, { message: message.slice(0, MESSAGE_LENGTH_MAX) }, sent) ??
        c.redirect(`${path}#chat`, 303);
    }));
  app.post("/live/:id{[0-9a-f-]{36}}/tips", (c) =>
    inRoom(c, services, async ({ accessToken }, id, path) => {
      const { client_id: clientId, amount, message } = await readForm(c, tipForm);
      const tipped = tips.tip(accessToken, id, { clientId, amount, message });
      return await toldIn(c, path, {}, tipped) ?? toDone(c, path, "rooms.done_tipped");
    }));
  app.post("/live/:id{[0-9a-f-]{36}}/follow", (c) =>
    inRoom(c, services, async ({ accessToken }, id, path) => {
      const follow = (await readForm(c, followForm)).follow === "yes";
      const { stream } = await rooms.detail(accessToken, id);
      const followed = rooms.follow(accessToken, stream.streamer_id, follow);
      return await toldIn(c, path, {}, followed) ??
        toDone(c, path, follow ? "rooms.done_followed" : "rooms.done_unfollowed");
    }));
}

async function showRoom(c: AppContext, services: Services, session: Session | null, id: string): Promise<Response> {
  const { rooms } = services;
  const token = session?.accessToken ?? null;
  const detail = await wrapTime(c, "supabase", rooms.detail(token, id));
  const { stream } = detail;
  const state = await stateOf(c, services, session, detail);
  // The video comes from a server of the streamer's choice: this page alone may reach it, once the viewer asks.
  if (stream.whep_url !== null) allowMedia(c, [stream.whep_url], { capture: false });
  const { locale } = preferencesOf(c);
  const name = stream.streamer.username ?? t(locale, "room.somebody");
  return renderPage(c, services, {
    title: stream.title,
    description: t(locale, "rooms.room_description", { name, title: stream.title }),
    body: <RoomPage state={state} {...saidTo(c)} />,
    session,
    cacheControl: session === null ? "private, no-cache" : NO_STORE,
  });
}

/** All a room's page is made of. What is said in the room is nothing to the banned. */
async function stateOf(
  c: AppContext,
  services: Services,
  session: Session | null,
  detail: StreamDetail,
): Promise<RoomState> {
  const { rooms, tips, nowMs } = services;
  const { stream, me } = detail;
  const token = session?.accessToken ?? null;
  const id = stream.stream_id;
  const tab = TABS.find((each) => each === c.req.query("tab")) ?? "chat";
  const [page, find, viewers, board, terms, market, reader] = await Promise.all([
    me.banned ? NO_PART : chatPart(c, services, token, id, tab),
    me.banned || tab !== "search" ? null : foundIn(c, services, token, id),
    me.banned || tab !== "people" ? null : rooms.viewers(token, id, VIEWERS_LIMIT),
    me.banned ? null : tips.leaderboard(token, id, TIP_PLACES_MAX),
    session === null ? null : tips.terms(token),
    marketOf(services, stream),
    session === null ? null : readerOf(services, session),
  ]);
  return {
    detail,
    reader,
    ...page,
    viewers,
    find,
    board: board?.items ?? [],
    terms,
    market,
    tab,
    messageId: newClientId(services),
    tipId: newClientId(services),
    typed: (c.req.query("message") ?? "").slice(0, MESSAGE_LENGTH_MAX),
    nowMs: nowMs(),
  };
}

async function chatPart(
  c: AppContext,
  { chat }: Services,
  token: string | null,
  id: string,
  tab: RoomState["tab"],
): Promise<ChatPart> {
  const [at, asked] = [c.req.query("at"), c.req.query("before")];
  const read = (range: { before?: string; after?: string }, limit: number): Promise<ChatPage> =>
    chat.chat(token, id, { after: null, before: null, search: null, ...range, limit });
  if (isId(at)) {
    const before = await read({ before: at }, AROUND_LIMIT);
    const after = await read({ after: before.items.at(-1)?.message_id ?? NO_MESSAGE }, AROUND_LIMIT + 1);
    const items = [...before.items, ...after.items];
    return { chat: { items, next_cursor: before.next_cursor }, isNewest: after.next_cursor === null, at };
  }
  // While one searches, it says where older finds are.
  const before = isId(asked) && tab !== "search" ? asked : null;
  const page = await read(before === null ? {} : { before }, CHAT_LIMIT);
  return { chat: page, isNewest: before === null, at: null };
}

/** What was searched for in the chat; null for what cannot be. */
async function foundIn(
  c: AppContext,
  { chat }: Services,
  token: string | null,
  id: string,
): Promise<ChatFind | null> {
  const query = (c.req.query("find") ?? "").trim().slice(0, FIND_LENGTH_MAX);
  const asked = c.req.query("before");
  if (query.length < FIND_LENGTH_MIN) return null;
  const before = isId(asked) ? asked : null;
  const page = await chat.chat(token, id, { after: null, before, limit: FOUND_LIMIT, search: query });
  return { ...page, query };
}

async function readerOf(services: Services, session: Session): Promise<Reader> {
  const { profile } = await accountOf(services, session);
  return { userId: session.user.id, username: profile.username };
}

/** What the streamer shows: his chart, else the first market he named. A room does without where there is none. */
async function marketOf({ store }: Services, stream: StreamObject): Promise<RoomState["market"]> {
  const view = viewOf(stream);
  const [exchange = "", symbol = ""] = view ? [view.exchange, view.symbol] : stream.markets[0]?.split(":") ?? [];
  if (!EXCHANGE_PATTERN.test(exchange) || !SYMBOL_PATTERN.test(symbol)) return null;
  const timeframe = view?.timeframe ?? FIRST_TIMEFRAME;
  try {
    return { page: await store.marketPage(exchange, symbol, timeframe), timeframe };
  } catch (error) {
    if (error instanceof Refusal && CODES[error.code].status < 500) return null;
    throw error;
  }
}

function inRoom(
  c: AppContext,
  services: Services,
  serve: (session: Session, id: string, path: string) => Promise<Response>,
): Promise<Response> {
  const id = idOf(c);
  const path = `/live/${id}`;
  return personally(c, services, path, (session) => serve(session, id, path));
}

function idOf(c: AppContext): string {
  const id = c.req.param("id");
  if (!isId(id)) throw new Refusal("not_found", "There is no such room");
  return id;
}
