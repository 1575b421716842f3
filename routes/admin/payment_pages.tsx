import { z } from "zod";
import { PAYMENT_VIEWS, PaymentsPage } from "../../components/admin/payments_page.tsx";
import { AdminPaymentStore } from "../../lib/admin/edge/payment_store.ts";
import { PAYMENT_NOTE_LENGTH_MAX } from "../../lib/admin/payments.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer, idOf, textOf } from "./administer.ts";
import { userNamed } from "./user_named.ts";

const PAYMENTS = "/admin/payments";

/** Rows of a page. */
const PAYMENTS_LIMIT = 50;

/** Characters of a cursor: an id. */
const CURSOR_LENGTH_MAX = 36;

const note = z.string().trim().max(PAYMENT_NOTE_LENGTH_MAX).default("");
const assignForm = z.object({ client_id: z.uuid(), user: z.string().trim().min(1).max(60), note });
const returnForm = z.object({ client_id: z.uuid(), note });
const approveForm = z.object({ client_id: z.uuid(), revision: z.coerce.number().int().min(1) });
const reopenForm = z.object({ client_id: z.uuid() });

/** Adds the payments that matched no deposit, with the forms that decide about them. */
export function addPaymentPages(app: App, services: Services): void {
  const { rpc } = services;
  app.get(PAYMENTS, (c) =>
    administer(c, services, PAYMENTS, async ({ session }) => {
      const view = PAYMENT_VIEWS.find((each) => each === c.req.query("status")) ?? "open";
      const cursor = textOf(c, "cursor", CURSOR_LENGTH_MAX);
      const store = new AdminPaymentStore(rpc, session.accessToken);
      const page = await store.list(view === "all" ? null : view, { limit: PAYMENTS_LIMIT, cursor });
      const newId = () => newClientId(services);
      const body = (
        <PaymentsPage {...{ page, view, newId }} own={session.user.id} isFirst={cursor === null} {...saidTo(c)} />
      );
      return renderOwn(c, services, session, "payments.title", body);
    }));
  app.post(`${PAYMENTS}/:payment_id/assign`, (c) =>
    administer(c, services, PAYMENTS, async ({ session, store }) => {
      const { client_id, user, note } = await readForm(c, assignForm);
      const payments = new AdminPaymentStore(rpc, session.accessToken);
      const userId = await userNamed(store, user);
      const { payment } = await payments.assign(idOf(c, "payment_id"), userId, note === "" ? null : note, client_id);
      return toDone(c, PAYMENTS, payment.status === "assigned" ? "payments.done_assigned" : "payments.done_waiting");
    }));
  app.post(`${PAYMENTS}/:payment_id/return`, (c) =>
    administer(c, services, PAYMENTS, async ({ session }) => {
      const { client_id, note } = await readForm(c, returnForm);
      const payments = new AdminPaymentStore(rpc, session.accessToken);
      const { payment } = await payments.giveBack(idOf(c, "payment_id"), note, client_id);
      return toDone(c, PAYMENTS, payment.status === "returned" ? "payments.done_returned" : "payments.done_waiting");
    }));
  app.post(`${PAYMENTS}/:payment_id/approve`, (c) =>
    administer(c, services, PAYMENTS, async ({ session }) => {
      const { client_id, revision } = await readForm(c, approveForm);
      const payments = new AdminPaymentStore(rpc, session.accessToken);
      const { payment } = await payments.approve(idOf(c, "payment_id"), revision, client_id);
      return toDone(c, PAYMENTS, payment.status === "returned" ? "payments.done_returned" : "payments.done_assigned");
    }));
  app.post(`${PAYMENTS}/:payment_id/reopen`, (c) =>
    administer(c, services, PAYMENTS, async ({ session }) => {
      const { client_id } = await readForm(c, reopenForm);
      await new AdminPaymentStore(rpc, session.accessToken).reopen(idOf(c, "payment_id"), client_id);
      return toDone(c, PAYMENTS, "payments.done_reopened");
    }));
}
