import { EARNING_DAYS, EarningsPage } from "../../components/studio/earnings_page.tsx";
import { EditPage } from "../../components/studio/edit_page.tsx";
import { HomePage } from "../../components/studio/home_page.tsx";
import { studioPath } from "../../components/studio/room_text.ts";
import { EMPTY_DRAFT, type StreamDraft } from "../../components/studio/stream_form.tsx";
import { bySchedule } from "../../components/studio/stream_lists.tsx";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { StreamDetail } from "../../lib/rooms/answers.ts";
import { earningsCsv } from "../../lib/rooms/earnings_csv.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { errorText, newClientId, NO_STORE, personally, saidTo, toDone } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { isId } from "../pools/params.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { addDeskPages } from "./desk_pages.tsx";
import { draftOf, offeredMarkets, streamForm, termsOf, typedDraft } from "./stream_forms.ts";

const PATH = "/live/studio";

/** Streams of a page. */
const STREAMS_LIMIT = 50;

const DAY_ms = 86_400_000;

/** Adds the streamer's pages: streams, what each is about, and what they earned. */
export function addStudioPages(app: App, services: Services): void {
  const { rooms } = services;
  app.get(PATH, (c) => {
    const { pathname, search } = new URL(c.req.url);
    return personally(c, services, `${pathname}${search}`, (session) => showHome(c, services, session));
  });
  app.post(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const { accessToken } = session;
      const { client_id, ...fields } = await readForm(c, streamForm);
      const { timeZone } = preferencesOf(c);
      const create = async () => {
        const terms = termsOf({ client_id, ...fields }, { isOpen: true, timeZone });
        return await rooms.create(accessToken, { ...terms, title: fields.title }, client_id);
      };
      const stream = await create().catch((error) => {
        if (error instanceof Refusal && error.code === "invalid_stream") return null;
        throw error;
      });
      if (stream === null) return await showHome(c, services, session, typedDraft({ client_id, ...fields }));
      const isLive = stream.status === "LIVE";
      return toDone(c, isLive ? studioPath(stream) : PATH, isLive ? "studio.done_live" : "studio.done_created");
    }));
  addEarnings(app, services);
  addEditing(app, services);
  addDeskPages(app, services);
}

/** @param typed what a form that was refused held: it is shown once more, to be corrected. */
async function showHome(
  c: AppContext,
  services: Services,
  session: Session,
  typed: StreamDraft | null = null,
): Promise<Response> {
  const { rooms, tips } = services;
  const { accessToken, user } = session;
  const cursor = c.req.query("cursor");
  const [page, earnings, offered] = await Promise.all([
    rooms.ofUser(accessToken, user.id, { limit: STREAMS_LIMIT, cursor: isId(cursor) ? cursor : null }),
    tips.earnings(accessToken, { fromMs: null, toMs: null }),
    offeredMarkets(c, services),
  ]);
  const { items } = page;
  const body = (
    <HomePage
      live={items.find(({ status }) => status === "LIVE") ?? null}
      scheduled={items.filter(({ status }) => status === "SCHEDULED").toSorted(bySchedule)}
      past={items.filter(({ status }) => status === "ENDED")}
      nextCursor={page.next_cursor}
      isFirst={!isId(cursor)}
      form={{ clientId: newClientId(services), draft: typed ?? EMPTY_DRAFT, offered }}
      earned={earnings.total}
      {...typed ? { error: errorText(c, "invalid_stream"), done: null } : saidTo(c)}
    />
  );
  return renderOwn(c, services, session, "studio.title", body, typed ? CODES.invalid_stream.status : 200);
}

function addEarnings(app: App, services: Services): void {
  const { tips, nowMs } = services;
  const read = (c: AppContext, { accessToken }: Session) => {
    const days = EARNING_DAYS.find((each) => String(each) === c.req.query("days")) ?? 30;
    const toMs = nowMs();
    return tips.earnings(accessToken, { fromMs: toMs - days * DAY_ms, toMs }).then((earnings) => ({ days, earnings }));
  };
  app.get(`${PATH}/earnings`, (c) =>
    personally(c, services, `${PATH}/earnings`, async (session) => {
      const [{ days, earnings }, terms] = await Promise.all([read(c, session), tips.terms(session.accessToken)]);
      const body = <EarningsPage earnings={earnings} days={days} feePercent={terms.fee_percent} />;
      return renderOwn(c, services, session, "earnings.title", body);
    }));
  app.get(`${PATH}/earnings.csv`, (c) =>
    personally(c, services, `${PATH}/earnings`, async (session) => {
      const { earnings } = await read(c, session);
      return c.body(earningsCsv(earnings), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": 'attachment; filename="outcry-earnings.csv"',
        "cache-control": NO_STORE,
      });
    }));
}

function addEditing(app: App, services: Services): void {
  const { rooms } = services;
  app.get(`${PATH}/:id/edit`, (c) => {
    const path = `${PATH}/${c.req.param("id")}/edit`;
    return personally(c, services, path, async (session) => {
      const [{ stream }, offered] = await Promise.all([
        ownStream(c, services, session),
        offeredMarkets(c, services),
      ]);
      const draft = draftOf(stream, preferencesOf(c).timeZone);
      const body = (
        <EditPage stream={stream} form={{ clientId: newClientId(services), draft, offered }} {...saidTo(c)} />
      );
      return renderOwn(c, services, session, "studio.edit", body);
    });
  });
  app.post(`${PATH}/:id/edit`, (c) => {
    const path = `${PATH}/${c.req.param("id")}`;
    return personally(c, services, `${path}/edit`, async (session) => {
      const { stream } = await ownStream(c, services, session);
      const fields = await readForm(c, streamForm);
      const { timeZone } = preferencesOf(c);
      const terms = termsOf(fields, { isOpen: stream.status !== "ENDED", timeZone });
      await rooms.update(session.accessToken, stream.stream_id, terms, fields.client_id);
      return toDone(c, path, "studio.done_saved");
    });
  });
  const act = (c: AppContext, run: (token: string, id: string) => Promise<Response>, back: string) =>
    personally(c, services, back, ({ accessToken }) => run(accessToken, idOf(c)));
  app.post(`${PATH}/:id/start`, (c) =>
    act(c, async (token, id) => {
      await rooms.start(token, id);
      return toDone(c, `${PATH}/${id}`, "studio.done_live");
    }, PATH));
  app.post(`${PATH}/:id/end`, (c) =>
    act(c, async (token, id) => {
      await rooms.end(token, id);
      return toDone(c, `${PATH}/${id}`, "studio.done_ended");
    }, `${PATH}/${c.req.param("id")}`));
  app.post(`${PATH}/:id/cancel`, (c) =>
    act(c, async (token, id) => {
      await rooms.cancel(token, id);
      return toDone(c, PATH, "studio.done_cancelled");
    }, PATH));
}

/** A stream of the caller's own. @throws Refusal `not_found`, for somebody else's too. */
async function ownStream(c: AppContext, { rooms }: Services, { accessToken }: Session): Promise<StreamDetail> {
  const detail = await rooms.detail(accessToken, idOf(c));
  if (detail.me.role !== "streamer") throw new Refusal("not_found", CODES.not_found.title);
  return detail;
}

/** The id in the path. @throws Refusal `not_found` for what is none. */
function idOf(c: AppContext): string {
  const id = c.req.param("id");
  if (!isId(id)) throw new Refusal("not_found", CODES.not_found.title);
  return id;
}
