import { z } from "zod";
import { AlertsPage, SYMBOL_LENGTH_MAX } from "../../components/market/alerts_page.tsx";
import type { AlertDraft } from "../../components/market/alerts_panel.tsx";
import { ALERT_REPEATS, NOTE_LENGTH_MAX } from "../../components/market/alert_form.tsx";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { type Code, CODES } from "../../lib/kernel/codes.ts";
import { isDecimal } from "../../lib/kernel/decimal.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { ALERT_SUBJECTS, type AlertSubject, alertSubject, referenceOf } from "../../lib/market/alert_form.ts";
import { ALERT_CONDITIONS } from "../../lib/market/alerts.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { isTimeframe } from "../../lib/market/timeframe.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { type DoneKey, newClientId, personally, saidTo, toError } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { nextField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";

const PATH = "/alerts";

/** Refusals of what was typed for a market, which is asked for again. */
const NO_MARKET: readonly Code[] = ["invalid_symbol", "unknown_symbol"];

/** Symbols a search by a whole name may answer with: it is among them. */
const SEARCH_LIMIT = 50;

const market = {
  exchange: z.string().regex(EXCHANGE_PATTERN),
  symbol: z.string().regex(SYMBOL_PATTERN),
};
const newForm = z.object({
  ...market,
  client_id: z.uuid(),
  on: z.string().max(20),
  output: z.string().max(30).default(""),
  timeframe: z.string().max(5),
  condition: z.enum(ALERT_CONDITIONS),
  value: z.string().trim().max(40),
  repeat: z.enum(ALERT_REPEATS),
  note: z.string().trim().max(NOTE_LENGTH_MAX),
  next: nextField,
}).catchall(z.unknown());
const stateForm = z.object({ state: z.enum(["active", "paused"]), next: nextField });
const deleteForm = z.object({ next: nextField });

/** Adds the page of one's alerts and what its forms, and those of a market's page, post to. */
export function addAlertPages(app: App, services: Services): void {
  const { alerts } = services;
  app.get(PATH, (c) => {
    const { pathname, search } = new URL(c.req.url);
    return personally(c, services, `${pathname}${search}`, async (session) => {
      let draft: AlertDraft | null;
      try {
        draft = await draftOf(c, services);
      } catch (error) {
        if (!(error instanceof Refusal) || !NO_MARKET.includes(error.code)) throw error;
        const typed = (c.req.query("symbol") ?? "").slice(0, SYMBOL_LENGTH_MAX);
        return toError(c, PATH, error.code, { typed, exchange: exchangeOf(c, services) });
      }
      const page = await alerts.list(session.accessToken, draft?.exchange ?? null, draft?.symbol ?? null);
      const market = { exchange: draft?.exchange ?? exchangeOf(c, services), typed: c.req.query("typed") ?? "" };
      const body = <AlertsPage alerts={page.items} draft={draft} {...market} {...saidTo(c)} />;
      return renderOwn(c, services, session, "alerts.title", body);
    });
  });
  app.post(PATH, async (c) => {
    const form = await readForm(c, newForm);
    const { exchange, symbol, on } = form;
    const next = safeNextPath(form.next, PATH);
    const retry = `${PATH}?${new URLSearchParams({ exchange, symbol, on, next })}`;
    return await change(c, services, { next, retry, done: "alerts.saved" }, async (accessToken) => {
      await alerts.create(accessToken, { clientId: form.client_id, exchange, symbol, ...readWish(form) });
    });
  });
  app.post(`${PATH}/:id/state`, async (c) => {
    const { state, next } = await readForm(c, stateForm);
    const id = readId(c);
    return await change(c, services, { next: safeNextPath(next, PATH), done: "alerts.changed" }, async (token) => {
      await alerts.setState(token, id, state);
    });
  });
  app.post(`${PATH}/:id/delete`, async (c) => {
    const { next } = await readForm(c, deleteForm);
    const id = readId(c);
    return await change(c, services, { next: safeNextPath(next, PATH), done: "alerts.deleted" }, async (token) => {
      await alerts.delete(token, id);
    });
  });
}

/** What the form for a new alert starts with. */
export function newDraft(
  services: Services,
  { exchange, symbol, quote }: { exchange: string; symbol: string; quote: string },
  last: string | undefined,
  subject: AlertSubject | null,
  next: string,
): AlertDraft {
  return {
    exchange,
    symbol,
    quote,
    subject,
    subjects: ALERT_SUBJECTS,
    clientId: newClientId(services),
    // An indicator is on a scale of its own.
    value: subject === null ? last ?? "" : "",
    next,
  };
}

/** The form for the market that the page is about; null for all of them. @throws Refusal of {@link NO_MARKET}. */
async function draftOf(c: AppContext, services: Services): Promise<AlertDraft | null> {
  const wanted = readMarket(c, services);
  if (wanted === null) return null;
  const { exchange, symbol } = wanted;
  const { items } = await services.store.symbolsPage({ query: symbol, exchange, limit: SEARCH_LIMIT });
  const row = items.find((each) => each.symbol === symbol);
  if (row === undefined) throw new Refusal("unknown_symbol", CODES.unknown_symbol.title);
  const next = safeNextPath(c.req.query("next"), `${PATH}?${new URLSearchParams({ exchange, symbol })}`);
  return newDraft(services, row, row.ticker?.last, alertSubject(c.req.query("on")), next);
}

/** The exchange whose market is meant; where what is asked for is none, the one that is shown by default. */
function exchangeOf(c: AppContext, { defaultExchange }: Services): string {
  const read = market.exchange.safeParse(c.req.query("exchange"));
  return read.success ? read.data : defaultExchange;
}

/** Which market the page is about; null for all of them. People write symbols in small letters too. */
function readMarket(c: AppContext, { defaultExchange }: Services): { exchange: string; symbol: string } | null {
  const symbol = c.req.query("symbol")?.trim().toUpperCase().replace("/", "-");
  if (!symbol) return null;
  const read = z.object(market).safeParse({ exchange: c.req.query("exchange") || defaultExchange, symbol });
  if (!read.success) throw new Refusal("invalid_symbol", CODES.invalid_symbol.title);
  return read.data;
}

/** What the form asks for, as the store takes it. @throws Refusal `invalid_alert`. */
function readWish(form: z.infer<typeof newForm>) {
  const subject = alertSubject(form.on);
  const timeframe = isTimeframe(form.timeframe) ? form.timeframe : null;
  const params = subject?.params.map(({ name }) => String(form[`param_${name}`] ?? "")) ?? [];
  const indicator = subject === null ? null : referenceOf(subject, params, form.output);
  const isWhole = subject === null ? form.on === "" : indicator !== null && timeframe !== null;
  if (!isWhole || !isDecimal(form.value)) throw new Refusal("invalid_alert", CODES.invalid_alert.title);
  const { condition, value, note } = form;
  return {
    condition,
    value,
    note,
    timeframe,
    indicator,
    repeatAfterS: form.repeat === "" ? null : Number(form.repeat),
  };
}

function readId(c: AppContext): string {
  const id = z.uuid().safeParse(c.req.param("id"));
  if (!id.success) throw new Refusal("not_found", CODES.not_found.title);
  return id.data;
}

/** Does what a form asks for and goes on; a refusal is told where it can be tried again. */
async function change(
  c: AppContext,
  services: Services,
  { next, retry = next, done }: { next: string; retry?: string; done: DoneKey },
  work: (accessToken: string) => Promise<void>,
): Promise<Response> {
  return await personally(c, services, next, async ({ accessToken }) => {
    try {
      await work(accessToken);
    } catch (error) {
      if (!(error instanceof Refusal) || !isTold(error.code)) throw error;
      return c.redirect(saying(retry, { error: error.code }), 303);
    }
    return c.redirect(saying(next, { done }), 303);
  });
}

/** Refusals of the alert itself; what is about the caller is the frame's to handle. */
function isTold(code: Code): boolean {
  return ["invalid_alert", "alert_limit", "unknown_symbol", "rate_limited", "conflict", "bad_request"].includes(code);
}

/** A path with what there is to say about it, and nothing said before. */
function saying(path: string, said: Record<string, string>): string {
  const url = new URL(path, "http://site.invalid");
  for (const name of ["done", "error"]) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
  return `${url.pathname}${url.search}`;
}
