import { z } from "zod";
import { ChangeWithdrawalPage, WithdrawalsPage } from "../../components/ledger/withdrawals_page.tsx";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, personally, saidTo, toDone } from "../accounts/personal.ts";
import { nothingHere } from "../admin/administer.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { amountField, assetField, destinationField } from "./parts.ts";

const PATH = "/withdrawals";

/** Rows of a page. */
const ROWS_LIMIT = 25;

const requestForm = z.object({
  client_id: z.uuid(),
  asset: assetField,
  amount: amountField,
  destination: destinationField,
  /** An investment's page asks for its units to be redeemed first. */
  investment_id: z.uuid().optional(),
  units: z.string().trim().max(32).default("all"),
});
const changeForm = z.object({ client_id: z.uuid(), amount: amountField, destination: destinationField });
const cancelForm = z.object({ client_id: z.uuid() });

/** Adds one's withdrawals: the list, a page to change one, and what the forms post to. */
export function addWithdrawalPages(app: App, services: Services): void {
  const { withdrawals } = services;
  app.get(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const cursor = /^[0-9a-f-]{36}$/.exec(c.req.query("cursor") ?? "")?.[0] ?? null;
      const page = await withdrawals.list(session.accessToken, { limit: ROWS_LIMIT, cursor });
      const newId = () => newClientId(services);
      const body = <WithdrawalsPage page={page} isFirst={cursor === null} newId={newId} {...saidTo(c)} />;
      return renderOwn(c, services, session, "withdrawals.title", body);
    }));
  app.get(`${PATH}/:withdrawal_id`, (c) => {
    const id = withdrawalIdOf(c);
    return personally(c, services, `${PATH}/${id}`, async (session) => {
      const { withdrawal } = await withdrawals.one(session.accessToken, id);
      const isPaper = services.settings.mode === "local";
      const body = (
        <ChangeWithdrawalPage {...{ withdrawal, isPaper }} clientId={newClientId(services)} {...saidTo(c)} />
      );
      return renderOwn(c, services, session, "withdrawals.change_title", body);
    });
  });
  app.post("/wallet/withdraw", (c) =>
    personally(c, services, "/wallet", async ({ accessToken }) => {
      const { client_id, investment_id, units, ...wanted } = await readForm(c, requestForm);
      const redeem = investment_id === undefined ? null : { investment_id, units };
      await withdrawals.request(accessToken, { ...wanted, redeem }, client_id);
      return toDone(c, PATH, "withdrawals.done_requested");
    }));
  app.post(`${PATH}/:withdrawal_id/change`, (c) => {
    const id = withdrawalIdOf(c);
    return personally(c, services, `${PATH}/${id}`, async ({ accessToken }) => {
      const { client_id, ...wanted } = await readForm(c, changeForm);
      await withdrawals.change(accessToken, id, wanted, client_id);
      return toDone(c, PATH, "withdrawals.done_changed");
    });
  });
  app.post(`${PATH}/:withdrawal_id/cancel`, (c) => {
    const id = withdrawalIdOf(c);
    return personally(c, services, PATH, async ({ accessToken }) => {
      const { client_id } = await readForm(c, cancelForm);
      await withdrawals.cancel(accessToken, id, client_id);
      return toDone(c, PATH, "withdrawals.done_cancelled");
    });
  });
}

function withdrawalIdOf(c: AppContext): string {
  const parsed = z.uuid().safeParse(c.req.param("withdrawal_id"));
  if (!parsed.success) throw nothingHere();
  return parsed.data;
}
