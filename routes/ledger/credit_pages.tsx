import { z } from "zod";
import { CreditsPage } from "../../components/admin/credits_page.tsx";
import { CREDIT_REASON_LENGTH_MAX } from "../../lib/ledger/credit_shapes.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import { administer, nothingHere, textOf, userIdOf } from "../admin/administer.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { amountField, assetField } from "./parts.ts";

const CREDITS = "/admin/credits";

/** Rows of a page. */
const CREDITS_LIMIT = 50;

/** Characters of a cursor: an id. */
const CURSOR_LENGTH_MAX = 36;

const creditForm = z.object({
  client_id: z.uuid(),
  asset: assetField,
  amount: amountField,
  reason: z.string().trim().max(CREDIT_REASON_LENGTH_MAX).default(""),
});
const approveForm = z.object({ client_id: z.uuid() });
const rejectForm = z.object({
  client_id: z.uuid(),
  reason: z.string().trim().max(CREDIT_REASON_LENGTH_MAX).default(""),
});

/** Adds the list of credits, the form that approves one, and what the form on a user's page posts to. */
export function addCreditPages(app: App, services: Services): void {
  const { credits } = services;
  app.get(CREDITS, (c) =>
    administer(c, services, CREDITS, async ({ session }) => {
      const all = c.req.query("status") === "all";
      const cursor = textOf(c, "cursor", CURSOR_LENGTH_MAX);
      const query = { status: all ? null : "awaiting_approval", limit: CREDITS_LIMIT, cursor } as const;
      const page = await credits.list(session.accessToken, query);
      const newId = () => newClientId(services);
      const body = <CreditsPage page={page} all={all} isFirst={cursor === null} newId={newId} {...saidTo(c)} />;
      return renderOwn(c, services, session, "credits.title", body);
    }));
  app.post(`${CREDITS}/:credit_id/approve`, (c) =>
    administer(c, services, CREDITS, async ({ session }) => {
      const { client_id } = await readForm(c, approveForm);
      await credits.approve(session.accessToken, creditIdOf(c), client_id);
      return toDone(c, CREDITS, "credits.done_posted");
    }));
  app.post(`${CREDITS}/:credit_id/reject`, (c) =>
    administer(c, services, CREDITS, async ({ session }) => {
      const { client_id, reason } = await readForm(c, rejectForm);
      await credits.reject(session.accessToken, creditIdOf(c), reason === "" ? null : reason, client_id);
      return toDone(c, CREDITS, "credits.done_rejected");
    }));
  app.post(`${CREDITS}/:credit_id/withdraw`, (c) =>
    administer(c, services, CREDITS, async ({ session }) => {
      const { client_id } = await readForm(c, approveForm);
      await credits.withdraw(session.accessToken, creditIdOf(c), client_id);
      return toDone(c, CREDITS, "credits.done_withdrawn");
    }));
  app.post("/admin/users/:user_id/credit", (c) => {
    const userId = userIdOf(c);
    const path = `/admin/users/${userId}`;
    return administer(c, services, path, async ({ session }) => {
      const { client_id, asset, amount, reason } = await readForm(c, creditForm);
      const wanted = { userId, asset, amount, reason: reason === "" ? null : reason };
      const { credit } = await credits.credit(session.accessToken, wanted, client_id);
      return toDone(c, path, credit.status === "posted" ? "credits.done_posted" : "credits.done_waiting");
    });
  });
}

function creditIdOf(c: AppContext): string {
  const parsed = z.uuid().safeParse(c.req.param("credit_id"));
  if (!parsed.success) throw nothingHere();
  return parsed.data;
}
