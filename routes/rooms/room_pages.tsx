import { wrapTime } from "hono/timing";
import { z } from "zod";
import { MESSAGE_LENGTH_MAX } from "../../components/rooms/chat_composer.tsx";
import { RoomPage } from "../../components/rooms/room_page.tsx";
import type { Reader, RoomState } from "../../components/rooms/room_state.ts";
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
import { endSession, newClientId, NO_STORE, personally, saidTo, toDone, toError } from "../accounts/personal.ts";
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

/** What the chart shows until the streamer chooses. */
const FIRST_TIMEFRAME: Timeframe = "5m";

const NO_CHAT: ChatPage = { items: [], next_cursor: null };

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
  const { chat, tips, nowMs } = services;
  const { stream, me } = detail;
  const token = session?.accessToken ?? null;
  const id = stream.stream_id;
  const asked = c.req.query("before");
  const before = isId(asked) ? asked : null;
  const [page, board, terms, market, reader] = await Promise.all([
    me.banned ? NO_CHAT : chat.chat(token, id, { after: null, before, limit: CHAT_LIMIT, search: null }),
    me.banned ? null : tips.leaderboard(token, id, TIP_PLACES_MAX),
    session === null ? null : tips.terms(token),
    marketOf(services, stream),
    session === null ? null : readerOf(services, session),
  ]);
  return {
    detail,
    reader,
    chat: page,
    isNewest: before === null,
    board: board?.items ?? [],
    terms,
    market,
    tab: c.req.query("tab") === "people" ? "people" : "chat",
    messageId: newClientId(services),
    tipId: newClientId(services),
    typed: (c.req.query("message") ?? "").slice(0, MESSAGE_LENGTH_MAX),
    nowMs: nowMs(),
  };
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

/** Leads what was refused back to the room, with what was typed; null where it was done. */
async function toldIn(
  c: AppContext,
  path: string,
  fields: Record<string, string>,
  done: Promise<unknown>,
): Promise<Response | null> {
  try {
    await done;
    return null;
  } catch (error) {
    const isOurs = error instanceof Refusal && CODES[error.code].status < 500 &&
      !["unauthenticated", "step_up_required", "not_found"].includes(error.code);
    if (!isOurs) throw error;
    const wait: Record<string, string> = error.retryAfter_s ? { wait: String(error.retryAfter_s) } : {};
    return toError(c, path, error.code, { ...fields, ...wait });
  }
}

function idOf(c: AppContext): string {
  const id = c.req.param("id");
  if (!isId(id)) throw new Refusal("not_found", "There is no such room");
  return id;
}
