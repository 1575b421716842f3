import { z } from "zod";
import { DepositPage } from "../../components/ledger/deposit_page.tsx";
import { renderOwn } from "../accounts/own_page.tsx";
import { personally } from "../accounts/personal.ts";
import { nothingHere } from "../admin/administer.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { amountField, assetField } from "./parts.ts";

const depositForm = z.object({ client_id: z.uuid(), asset: assetField, amount: amountField });

/** Adds the page of a deposit, and what the wallet's form posts to. */
export function addDepositPages(app: App, services: Services): void {
  const { deposits } = services;
  app.post("/wallet/deposit", (c) =>
    personally(c, services, "/wallet", async ({ accessToken }) => {
      const { client_id, ...amount } = await readForm(c, depositForm);
      const { deposit } = await deposits.start(accessToken, amount, client_id);
      return c.redirect(`/wallet/deposits/${deposit.id}`, 303);
    }));
  app.get("/wallet/deposits/:deposit_id", (c) => {
    const id = depositIdOf(c);
    return personally(c, services, `/wallet/deposits/${id}`, async (session) => {
      const { deposit } = await deposits.one(session.accessToken, id);
      return renderOwn(c, services, session, "wallet.deposit_title", <DepositPage deposit={deposit} />);
    });
  });
}

function depositIdOf(c: AppContext): string {
  const parsed = z.uuid().safeParse(c.req.param("deposit_id"));
  if (!parsed.success) throw nothingHere();
  return parsed.data;
}
