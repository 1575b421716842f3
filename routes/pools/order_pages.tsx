import { z } from "zod";
import { typedUnits } from "../../components/pools/order_forms.tsx";
import { RedeemPage, SubscribePage } from "../../components/pools/order_page.tsx";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, personally, saidTo, toDone, toldIn } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { amountField } from "../ledger/parts.ts";
import type { Services } from "../services.ts";
import { helpWith } from "./order_help.ts";
import { isId } from "./params.ts";

/** Characters of a figure that a refused form shows again. */
const TYPED_LENGTH_MAX = 40;

const subscribeForm = z.object({ client_id: z.uuid(), amount: amountField });
const redeemForm = z.object({ client_id: z.uuid(), investment_id: z.uuid(), units: amountField.default("") });

/** Adds the forms that put money into a pool and take it out, each on a page of its own. */
export function addOrderPages(app: App, services: Services): void {
  const { pools, wallets, settings } = services;
  const isPaper = settings.mode === "local";
  app.get("/pools/:id/subscribe", (c) =>
    onPool(c, services, "subscribe", async (session, id) => {
      const [detail, wallet] = await Promise.all([
        pools.detail(session.accessToken, id),
        wallets.wallet(session.accessToken),
      ]);
      const { currency } = detail.pool;
      const body = (
        <SubscribePage
          detail={detail}
          isPaper={isPaper}
          clientId={newClientId(services)}
          available={wallet.balances.find(({ asset }) => asset === currency)?.available ?? "0"}
          amount={typed(c, "amount")}
          help={helpWith(c, detail.pool)}
          {...saidTo(c)}
        />
      );
      return renderOwn(c, services, session, "pool.subscribe", body);
    }));
  app.post("/pools/:id/subscribe", (c) =>
    onPool(c, services, "subscribe", async (session, id, path) => {
      const { client_id, amount } = await readForm(c, subscribeForm);
      const placed = pools.invest(session.accessToken, id, amount, client_id);
      return await toldIn(c, path, { amount }, placed) ?? toDone(c, `/pools/${id}`, "pools.done_subscribed");
    }));
  app.get("/pools/:id/redeem", (c) =>
    onPool(c, services, "redeem", async (session, id) => {
      const detail = await pools.detail(session.accessToken, id);
      const body = (
        <RedeemPage
          detail={detail}
          isPaper={isPaper}
          clientId={newClientId(services)}
          chosen={c.req.query("lot") ?? null}
          units={typed(c, "units")}
          help={helpWith(c, detail.pool)}
          {...saidTo(c)}
        />
      );
      return renderOwn(c, services, session, "pool.redeem", body);
    }));
  app.post("/pools/:id/redeem", (c) =>
    onPool(c, services, "redeem", async (session, id, path) => {
      const { client_id, investment_id, units } = await readForm(c, redeemForm);
      const placed = pools.redeem(session.accessToken, investment_id, typedUnits(units), client_id);
      return await toldIn(c, path, { lot: investment_id, units }, placed) ??
        toDone(c, `/pools/${id}`, "pools.done_redeemed");
    }));
}

/** Serves one of a pool's forms to who is signed in; the others sign in first and come back. */
function onPool(
  c: AppContext,
  services: Services,
  form: "subscribe" | "redeem",
  serve: (session: Session, id: string, path: string) => Promise<Response>,
): Promise<Response> {
  const id = c.req.param("id");
  if (!isId(id)) throw new Refusal("not_found", "There is no such pool");
  const path = `/pools/${id}/${form}`;
  return personally(c, services, path, (session) => serve(session, id, path));
}

function typed(c: AppContext, name: string): string {
  return (c.req.query(name) ?? "").slice(0, TYPED_LENGTH_MAX);
}
