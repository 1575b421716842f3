import { z } from "zod";
import { DESK_TABS, type DeskContent, type DeskTab, WAITING_MAX } from "../../components/studio/desk.tsx";
import { DeskPage, type ShareProps } from "../../components/studio/desk_page.tsx";
import { StudioChat } from "../../components/studio/studio_chat.tsx";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { REPORT_STATUSES, type StreamDetail } from "../../lib/rooms/answers.ts";
import { OWNER_ACTS, PERSON_ACTS, type PersonAct } from "../../lib/rooms/person_acts.ts";
import { type StreamObject, viewOf } from "../../lib/rooms/shapes.ts";
import { accountOf, renderOwn } from "../accounts/own_page.tsx";
import { type DoneKey, isToldOnPage, newClientId, personally, saidTo, toError, waitOf } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { isId } from "../pools/params.ts";
import type { Services } from "../services.ts";
import { allowMedia } from "./media_policy.ts";
import { offeredMarkets } from "./stream_forms.ts";

const PATH = "/live/studio";

/** Lines of a part of the desk, and messages the chat begins with. */
const LINES_LIMIT = 50;
const CHAT_LIMIT = 100;

/** Pools a card can be chosen from. */
const POOLS_LIMIT = 100;

const settingsForm = z.object({
  slow_mode_s: z.coerce.number().int().min(0).max(120),
  followers_only: z.literal("on").optional(),
  blocked_words: z.string().max(20_000).default(""),
});
const pinForm = z.object({ message_id: z.union([z.uuid(), z.literal("")]) });
const personForm = z.object({
  act: z.enum(PERSON_ACTS),
  user_id: z.uuid().optional(),
  username: z.string().trim().max(64).transform((name) => name.replace(/^@/, "")).optional(),
});
const reportForm = z.object({ decision: z.enum(["keep", "remove"]) }).catchall(z.unknown());
const cardForm = z.object({ client_id: z.uuid(), pool_id: z.uuid() });
const viewForm = z.object({ market: z.string().max(100), timeframe: z.enum(TIMEFRAMES) });

/** Adds the desk a room is run from, and what its forms post to. Moderators have it too, without what is the owner's. */
export function addDeskPages(app: App, services: Services): void {
  app.get(`${PATH}/:id`, (c) => {
    const { pathname, search } = new URL(c.req.url);
    return personally(c, services, `${pathname}${search}`, (session) => showDesk(c, services, session));
  });
  addModerationForms(app, services);
  addSharingForms(app, services);
}

async function showDesk(c: AppContext, services: Services, session: Session): Promise<Response> {
  const { rooms, chat } = services;
  const { accessToken } = session;
  const detail = await rooms.detail(accessToken, idOf(c));
  const { stream, me } = detail;
  if (me.role !== "streamer" && me.role !== "moderator") throw new Refusal("not_found", CODES.not_found.title);
  const isOwner = me.role === "streamer";
  const isLive = stream.status === "LIVE";
  // Who opens the page is there, whether or not its script runs.
  if (isOwner && isLive) await rooms.touchStreamer(accessToken, stream.stream_id).catch(ignoreRefusal);
  const [content, waiting, share, page, account] = await Promise.all([
    contentOf(c, services, session, stream),
    chat.reports(accessToken, stream.stream_id, { status: "open", limit: WAITING_MAX + 1, cursor: null }),
    isOwner && isLive ? shareOf(c, services, stream) : null,
    chat.chat(accessToken, stream.stream_id, { after: null, before: null, limit: CHAT_LIMIT, search: null }),
    accountOf(services, session),
  ]);
  if (share) allowMedia(c, [share.whipUrl], { capture: true });
  const reader = { userId: session.user.id, username: account.profile.username };
  const body = (
    <DeskPage
      stream={stream}
      isOwner={isOwner}
      studio={{ detail, reader, page, nowMs: services.nowMs(), share }}
      desk={{ stream, isOwner, content, waiting: waiting.items.length }}
      chat={<StudioChat detail={detail} reader={reader} page={page} messageId={newClientId(services)} />}
      {...saidTo(c)}
    />
  );
  return renderOwn(c, services, session, "studio.title", body);
}

/** The desk is shown all the same: a stream that has just ended says so, and a limit's turn comes again. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}

/** What can be shared: those on show first, then the most traded. */
async function shareOf(c: AppContext, services: Services, stream: StreamObject): Promise<ShareProps> {
  const view = viewOf(stream);
  const shown = view === null ? [] : [`${view.exchange}:${view.symbol}`];
  const markets = [...new Set([...stream.markets, ...shown, ...await offeredMarkets(c, services)])];
  return { view, markets, whipUrl: stream.whip_url };
}

async function contentOf(
  c: AppContext,
  services: Services,
  { accessToken }: Session,
  stream: StreamObject,
): Promise<DeskContent> {
  const { rooms, chat, pools } = services;
  const id = stream.stream_id;
  const asked = c.req.query("cursor");
  const cursor = isId(asked) ? asked : null;
  switch (tabOf(c, stream)) {
    case "stats":
      return { tab: "stats", stats: await rooms.stats(accessToken, id) };
    case "reports": {
      const status = REPORT_STATUSES.find((each) => each === c.req.query("status")) ?? "open";
      const reports = await chat.reports(accessToken, id, { status, limit: LINES_LIMIT, cursor });
      return { tab: "reports", reports, status, isFirst: cursor === null };
    }
    case "people":
      return { tab: "people", people: await chat.people(accessToken, id) };
    case "settings":
      return { tab: "settings" };
    case "cards": {
      const { items } = await pools.list(accessToken, { scope: "open", limit: POOLS_LIMIT, cursor: null });
      const offered = items.filter(({ visibility }) => visibility === "public").map(({ id, name }) => ({ id, name }));
      return { tab: "cards", pools: offered, clientId: newClientId(services) };
    }
    case "log":
      return {
        tab: "log",
        acts: await chat.acts(accessToken, id, { limit: LINES_LIMIT, cursor }),
        isFirst: cursor === null,
      };
  }
}

function tabOf(c: AppContext, { status }: StreamObject): DeskTab {
  const tab = DESK_TABS.find((each) => each === c.req.query("tab")) ?? "stats";
  if (tab === "cards" && status !== "LIVE") return "stats";
  return tab === "settings" && status === "ENDED" ? "stats" : tab;
}

/** Runs what a form of the desk asks for, and comes back to the part it stands in, with what became of it. */
function fromDesk(
  c: AppContext,
  services: Services,
  tab: DeskTab,
  done: DoneKey,
  run: (session: Session, streamId: string) => Promise<unknown>,
): Promise<Response> {
  const path = `${PATH}/${c.req.param("id")}`;
  return personally(c, services, path, async (session) => {
    try {
      await run(session, idOf(c));
    } catch (error) {
      if (!isToldOnPage(error)) throw error;
      return toError(c, path, error.code, { tab, ...waitOf(error) });
    }
    return c.redirect(`${path}?${new URLSearchParams({ tab, done })}`, 303);
  });
}

function addModerationForms(app: App, services: Services): void {
  const { chat, rooms } = services;
  app.post(
    `${PATH}/:id/settings`,
    (c) =>
      fromDesk(c, services, "settings", "studio.done_saved", async ({ accessToken }, id) => {
        const { slow_mode_s, followers_only, blocked_words } = await readForm(c, settingsForm);
        await chat.setSettings(accessToken, id, {
          slow_mode_s,
          followers_only: followers_only === "on",
          blocked_words: blocked_words.split("\n").map((word) => word.trim()).filter((word) => word !== ""),
        });
      }),
  );
  app.post(
    `${PATH}/:id/settings/pin`,
    (c) =>
      fromDesk(c, services, "settings", "studio.done_saved", async ({ accessToken }, id) => {
        const { message_id } = await readForm(c, pinForm);
        await chat.setSettings(accessToken, id, { pinned_message_id: message_id === "" ? null : message_id });
      }),
  );
  app.post(`${PATH}/:id/people`, (c) =>
    fromDesk(c, services, "people", "studio.done_saved", async (session, id) => {
      const { act, user_id, username } = await readForm(c, personForm);
      const userId = user_id ?? (await rooms.profile(session.accessToken, username ?? "")).user.user_id;
      await decideAbout(services, session, id, userId, act);
    }));
  app.post(
    `${PATH}/:id/reports/:reportId`,
    (c) =>
      fromDesk(c, services, "reports", "studio.done_saved", async ({ accessToken }) => {
        const { decision } = await readForm(c, reportForm);
        await chat.decideReport(accessToken, idOf(c, "reportId"), decision === "remove");
      }),
  );
}

function decideAbout({ chat }: Services, { accessToken }: Session, streamId: string, userId: string, act: PersonAct) {
  const about = [accessToken, streamId, userId] as const;
  if (act === "ban" || act === "unban") return chat.ban(...about, act === "ban");
  if (act === "shadow" || act === "unshadow") return chat.shadowBan(...about, act === "shadow");
  if (OWNER_ACTS.includes(act)) {
    return act.endsWith("moderator")
      ? chat.setModerator(...about, act === "moderator")
      : chat.invite(...about, act === "invite");
  }
  return chat.mute(...about, act === "unmute" ? 0 : Number(act.slice("mute_".length)));
}

function addSharingForms(app: App, services: Services): void {
  const { rooms, tips } = services;
  app.post(
    `${PATH}/:id/cards`,
    (c) =>
      fromDesk(c, services, "cards", "studio.done_posted", async ({ accessToken }, id) => {
        const { client_id, pool_id } = await readForm(c, cardForm);
        await tips.postPoolCard(accessToken, id, pool_id, client_id);
      }),
  );
  app.post(
    `${PATH}/:id/view`,
    (c) =>
      fromDesk(c, services, "stats", "studio.done_saved", async ({ accessToken }, id) => {
        const { market, timeframe } = await readForm(c, viewForm);
        const [exchange = "", symbol = ""] = market.split(":");
        const { stream }: StreamDetail = await rooms.detail(accessToken, id);
        const shown = viewOf(stream);
        // What was drawn belongs to its market.
        const drawings = shown?.exchange === exchange && shown.symbol === symbol ? shown.drawings : [];
        await tips.setView(accessToken, id, { exchange, symbol, timeframe, range: null, drawings });
      }),
  );
}

/** An id in the path. @throws Refusal `not_found` for what is none. */
function idOf(c: AppContext, name = "id"): string {
  const id = c.req.param(name);
  if (!isId(id)) throw new Refusal("not_found", CODES.not_found.title);
  return id;
}
