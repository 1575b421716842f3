import { z } from "zod";
import { TIP_RULES_PATH, TipRulesPage } from "../../components/admin/tip_rules_page.tsx";
import { TipRulesStore } from "../../lib/admin/edge/tip_rules_store.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { amountField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer } from "./administer.ts";

const rulesForm = z.object({
  fee_percent: amountField,
  minimum_eur: amountField,
  maximum_eur: amountField,
  client_id: z.uuid(),
});

/** Adds the page on which administrators set what the platform asks of tips. */
export function addTipRulesPages(app: App, services: Services): void {
  const { rpc } = services;
  app.get(TIP_RULES_PATH, (c) =>
    administer(c, services, TIP_RULES_PATH, async ({ session }) => {
      const rules = await new TipRulesStore(rpc, session.accessToken).rules();
      const body = <TipRulesPage rules={rules} newId={() => newClientId(services)} {...saidTo(c)} />;
      return renderOwn(c, services, session, "admin.tips", body);
    }));
  app.post(TIP_RULES_PATH, (c) =>
    administer(c, services, TIP_RULES_PATH, async ({ session }) => {
      const { client_id, ...rules } = await readForm(c, rulesForm);
      await new TipRulesStore(rpc, session.accessToken).set(rules, client_id);
      return toDone(c, TIP_RULES_PATH, "admin.done");
    }));
}
