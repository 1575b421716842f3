import { z } from "zod";
import { LimitsPage } from "../../components/accounts/limits_page.tsx";
import { limitSchema, limitsPageSchema } from "../../lib/accounts/limits.ts";
import type { App } from "../context.ts";
import { amountField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { renderOwn } from "./own_page.tsx";
import { newClientId, personally, saidTo, toDone } from "./personal.ts";

const PATH = "/settings/limits";

const limitForm = z.object({ name: z.string().max(63), value: amountField, client_id: z.uuid() });

/** Adds the page on which one bounds oneself. */
export function addLimitsPage(app: App, services: Services): void {
  const { rpc } = services;
  app.get(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const { items } = limitsPageSchema.parse(await rpc.call("my_limits", {}, { accessToken: session.accessToken }));
      const limits = items.map((limit) => ({
        ...limit,
        clientId: newClientId(services),
        keepId: newClientId(services),
      }));
      return renderOwn(c, services, session, "limits.title", <LimitsPage limits={limits} {...saidTo(c)} />);
    }));
  app.post(PATH, (c) =>
    personally(c, services, PATH, async ({ accessToken }) => {
      const { name, value, client_id } = await readForm(c, limitForm);
      const args = { p_name: name, p_value: value, p_client_id: client_id };
      const { pending_at } = limitSchema.parse(await rpc.call("set_my_limit", args, { accessToken }));
      return toDone(c, PATH, pending_at === null ? "limits.saved" : "limits.saved_later");
    }));
}
