import { z } from "zod";
import { DashboardPage } from "../../components/admin/dashboard_page.tsx";
import { LimitsPage } from "../../components/admin/limits_page.tsx";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { amountField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer } from "./administer.ts";
import { addAuditPages } from "./audit_pages.tsx";
import { addPaymentPages } from "./payment_pages.tsx";
import { addPoolPages } from "./pool_pages.tsx";
import { addTipRulesPages } from "./tip_rules_pages.tsx";
import { addUserPages } from "./user_pages.tsx";
import { addWithdrawalPages } from "./withdrawal_pages.tsx";

const DASHBOARD = "/admin";
const LIMITS = "/admin/limits";

const limitForm = z.object({
  name: z.string().max(63),
  default_value: amountField,
  ceiling: amountField,
  client_id: z.uuid(),
});
const rateForm = z.object({
  name: z.string().max(63),
  capacity: amountField.transform(Number),
  refill_per_s: amountField.transform(Number),
  client_id: z.uuid(),
});

const count = z.string().trim().regex(/^\d{1,5}$/).transform(Number);
const attemptForm = z.object({
  name: z.string().max(63),
  free_attempts: count,
  first_delay_s: count,
  delay_s_max: count,
  forget_one_s: count,
  client_id: z.uuid(),
});

/** Adds the administrators' pages. For everybody else there is nothing here. */
export function addAdminPages(app: App, services: Services): void {
  app.get(DASHBOARD, (c) =>
    administer(c, services, DASHBOARD, async ({ session, store }) => {
      const [dashboard, overview] = await Promise.all([store.dashboard(), store.overview()]);
      const body = <DashboardPage dashboard={dashboard} overview={overview} {...saidTo(c)} />;
      return renderOwn(c, services, session, "admin.overview", body);
    }));
  app.get(LIMITS, (c) =>
    administer(c, services, LIMITS, async ({ session, store }) => {
      const [limits, rates, attempts] = await Promise.all([
        store.limitRules(),
        store.rateLimits(),
        store.attemptRules(),
      ]);
      const newId = () => newClientId(services);
      const body = <LimitsPage limits={limits} rates={rates} attempts={attempts} newId={newId} {...saidTo(c)} />;
      return renderOwn(c, services, session, "admin.limits", body);
    }));
  app.post(`${LIMITS}/users`, (c) =>
    administer(c, services, LIMITS, async ({ store }) => {
      const { name, default_value, ceiling, client_id } = await readForm(c, limitForm);
      await store.setLimitRule(name, default_value, ceiling, client_id);
      return toDone(c, LIMITS, "admin.done");
    }));
  app.post(`${LIMITS}/rates`, (c) =>
    administer(c, services, LIMITS, async ({ store }) => {
      const { name, capacity, refill_per_s, client_id } = await readForm(c, rateForm);
      await store.setRateLimit(name, capacity, refill_per_s, client_id);
      return toDone(c, LIMITS, "admin.done");
    }));
  app.post(`${LIMITS}/attempts`, (c) =>
    administer(c, services, LIMITS, async ({ store }) => {
      const { name, client_id, ...numbers } = await readForm(c, attemptForm);
      await store.setAttemptRule(name, numbers, client_id);
      return toDone(c, LIMITS, "admin.done");
    }));
  addUserPages(app, services);
  addAuditPages(app, services);
  addPoolPages(app, services);
  addWithdrawalPages(app, services);
  addPaymentPages(app, services);
  addTipRulesPages(app, services);
}
