import { z } from "zod";
import { AuditPage, type AuditParams, VerifyPage } from "../../components/admin/audit_page.tsx";
import { type AuditFilter, type AuditPage as Page, EXPORT_ROWS_MAX } from "../../lib/admin/audit.ts";
import { streamAuditCsv } from "../../lib/admin/edge/audit_csv.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { errorText, NO_STORE, saidTo } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer, type Administration, textOf } from "./administer.ts";

const AUDIT = "/admin/audit";

/** Rows of a page. */
const ENTRIES_LIMIT = 100;

/** Characters of a filter the database takes. */
const FILTER_LENGTH_MAX = 200;

const DAY_ms = 86_400_000;

const verifyForm = z.object({ from_seq: z.string().regex(/^[1-9]\d{0,17}$/) });

/** Adds the audit log, its export as a file, and the check of its chain. */
export function addAuditPages(app: App, services: Services): void {
  app.get(AUDIT, (c) => administer(c, services, AUDIT, (admin) => showAudit(c, services, admin)));
  app.get(`${AUDIT}.csv`, (c) => administer(c, services, AUDIT, (admin) => sendAudit(c, services, admin)));
  app.post(`${AUDIT}/verify`, (c) =>
    administer(c, services, AUDIT, async ({ session, store }) => {
      const { from_seq } = await readForm(c, verifyForm);
      const verdict = await store.verifyAudit(from_seq);
      const body = <VerifyPage state={await store.auditState()} verdict={verdict} />;
      return renderOwn(c, services, session, "admin.audit", body);
    }));
}

async function showAudit(c: AppContext, services: Services, { session, store }: Administration): Promise<Response> {
  const params = paramsOf(c);
  const cursor = textOf(c, "cursor", FILTER_LENGTH_MAX);
  const [state, found] = await Promise.all([
    store.auditState(),
    orWhyNot(store.audit(filterOf(params), { limit: ENTRIES_LIMIT, cursor })),
  ]);
  const said = found instanceof Refusal ? { error: errorText(c, found.code), done: null } : saidTo(c);
  const page: Page = found instanceof Refusal ? { items: [], next_cursor: null } : found;
  const body = <AuditPage page={page} params={params} state={state} isFirst={cursor === null} {...said} />;
  return renderOwn(c, services, session, "admin.audit", body);
}

async function sendAudit(c: AppContext, { nowMs }: Services, { store }: Administration): Promise<Response> {
  const filter = filterOf(paramsOf(c));
  const first = await store.auditExport(filter, null);
  const csv = streamAuditCsv(first, (cursor) => store.auditExport(filter, cursor), EXPORT_ROWS_MAX);
  const name = `outcry-audit-${new Date(nowMs()).toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
  return c.body(csv, 200, {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename="${name}"`,
    "cache-control": NO_STORE,
  });
}

/** What was typed wrong is said beside the form; everything else goes its way. */
async function orWhyNot<T>(answer: Promise<T>): Promise<T | Refusal> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal && CODES[error.code].status === 400) return error;
    throw error;
  }
}

function paramsOf(c: AppContext): AuditParams {
  const day = (name: string) => {
    const text = c.req.query(name) ?? "";
    return /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(text)) ? text : "";
  };
  return {
    actor: textOf(c, "actor", FILTER_LENGTH_MAX) ?? "",
    action: textOf(c, "action", FILTER_LENGTH_MAX)?.toLowerCase() ?? "",
    subject: textOf(c, "subject", FILTER_LENGTH_MAX) ?? "",
    from: day("from"),
    to: day("to"),
  };
}

/** Days are UTC's, and the last one counts whole. */
function filterOf({ actor, action, subject, from, to }: AuditParams): AuditFilter {
  return {
    actor: actor || null,
    action: action || null,
    subject: subject || null,
    fromMs: from === "" ? null : Date.parse(from),
    toMs: to === "" ? null : Date.parse(to) + DAY_ms,
  };
}
