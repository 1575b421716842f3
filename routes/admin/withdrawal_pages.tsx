import { z } from "zod";
import { WITHDRAWAL_VIEWS, WithdrawalsPage } from "../../components/admin/withdrawals_page.tsx";
import { AdminWithdrawalStore } from "../../lib/admin/edge/withdrawal_store.ts";
import { REJECTION_LENGTH_MAX, type WithdrawalState } from "../../lib/admin/withdrawals.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer, idOf, textOf } from "./administer.ts";

const WITHDRAWALS = "/admin/withdrawals";

/** Rows of a page. */
const WITHDRAWALS_LIMIT = 50;

/** Characters of a cursor: an id. */
const CURSOR_LENGTH_MAX = 36;

/** Which state each view of the list asks for. */
const STATE_OF: Readonly<Record<(typeof WITHDRAWAL_VIEWS)[number], WithdrawalState | null>> = {
  waiting: "awaiting_approval",
  approved: "approved",
  all: null,
};

const approveForm = z.object({ client_id: z.uuid(), revision: z.coerce.number().int().min(1) });
const rejectForm = z.object({ client_id: z.uuid(), reason: z.string().trim().max(REJECTION_LENGTH_MAX) });

/** Adds the queue of withdrawals with the forms that decide about them. */
export function addWithdrawalPages(app: App, services: Services): void {
  const { rpc, nowMs } = services;
  app.get(WITHDRAWALS, (c) =>
    administer(c, services, WITHDRAWALS, async ({ session }) => {
      const view = WITHDRAWAL_VIEWS.find((each) => each === c.req.query("status")) ?? "waiting";
      const cursor = textOf(c, "cursor", CURSOR_LENGTH_MAX);
      const store = new AdminWithdrawalStore(rpc, session.accessToken);
      const page = await store.list(STATE_OF[view], { limit: WITHDRAWALS_LIMIT, cursor });
      const newId = () => newClientId(services);
      const isFirst = cursor === null;
      const body = <WithdrawalsPage {...{ page, view, isFirst, newId }} nowMs={nowMs()} {...saidTo(c)} />;
      return renderOwn(c, services, session, "money.withdrawals", body);
    }));
  app.post(`${WITHDRAWALS}/:withdrawal_id/approve`, (c) =>
    administer(c, services, WITHDRAWALS, async ({ session }) => {
      const { client_id, revision } = await readForm(c, approveForm);
      const store = new AdminWithdrawalStore(rpc, session.accessToken);
      await store.approve(idOf(c, "withdrawal_id"), revision, client_id);
      return toDone(c, WITHDRAWALS, "money.done_approved");
    }));
  app.post(`${WITHDRAWALS}/:withdrawal_id/reject`, (c) =>
    administer(c, services, WITHDRAWALS, async ({ session }) => {
      const { client_id, reason } = await readForm(c, rejectForm);
      const store = new AdminWithdrawalStore(rpc, session.accessToken);
      await store.reject(idOf(c, "withdrawal_id"), reason, client_id);
      return toDone(c, WITHDRAWALS, "money.done_rejected");
    }));
}
