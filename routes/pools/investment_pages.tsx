import { z } from "zod";
import { InvestmentPage } from "../../components/pools/investment_page.tsx";
import { InvestmentsPage } from "../../components/pools/investments_page.tsx";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { Investment, PoolRequest } from "../../lib/pools/investment_shapes.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { personally, saidTo, toDone } from "../accounts/personal.ts";
import type { App } from "../context.ts";
import { nextField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { isId } from "./params.ts";

const PATH = "/investments";

/** Investments of a page. */
const PER_PAGE = 50;

/** Pools whose orders are looked up, at most: each is a call. */
const POOLS_MAX = 10;

/** Points of a chart. */
const POINTS = 300;

const cancelForm = z.object({ client_id: z.uuid(), next: nextField });

/** Adds the pages of what one has in pools, and the form that takes an order back. */
export function addInvestmentPages(app: App, services: Services): void {
  const { pools, settings, nowMs } = services;
  const isPaper = settings.mode === "local";
  app.get(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const cursor = /^[\w.:+-]{1,128}$/.exec(c.req.query("cursor") ?? "")?.[0] ?? null;
      const [page, history] = await Promise.all([
        pools.investments(session.accessToken, { limit: PER_PAGE, cursor }),
        pools.valueHistory(session.accessToken, POINTS),
      ]);
      const waiting = await readWaiting(services, session, page.items);
      const body = (
        <InvestmentsPage
          investments={page.items}
          nextCursor={page.next_cursor}
          isFirst={cursor === null}
          waiting={waiting}
          history={history}
          isPaper={isPaper}
          nowMs={nowMs()}
          {...saidTo(c)}
        />
      );
      return renderOwn(c, services, session, "pools.my_investments", body);
    }));
  app.get(`${PATH}/:id`, (c) => {
    const id = c.req.param("id");
    if (!isId(id)) throw new Refusal("not_found", "There is no such investment");
    return personally(c, services, `${PATH}/${id}`, async (session) => {
      const [detail, history] = await Promise.all([
        pools.investment(session.accessToken, id),
        pools.history(session.accessToken, id, POINTS),
      ]);
      const body = <InvestmentPage {...detail} history={history} isPaper={isPaper} nowMs={nowMs()} {...saidTo(c)} />;
      return renderOwn(c, services, session, "pools.my_investments", body);
    });
  });
  app.post(`${PATH}/requests/:id/cancel`, async (c) => {
    const id = c.req.param("id");
    const { client_id, next } = await readForm(c, cancelForm);
    const path = safeNextPath(next, PATH);
    if (!isId(id)) throw new Refusal("not_found", "There is no such order");
    return await personally(c, services, path, async ({ accessToken }) => {
      await pools.cancel(accessToken, id, client_id);
      return toDone(c, path, "pools.done_cancelled");
    });
  });
}

/** What waits for a settlement in the pools of these investments. */
async function readWaiting(
  { pools }: Services,
  { accessToken }: Session,
  investments: readonly Investment[],
): Promise<PoolRequest[]> {
  const isWaiting = ({ status, redeeming_units }: Investment) =>
    status === "queued" || (redeeming_units !== null && /[1-9]/.test(redeeming_units));
  const ids = new Set(investments.filter(isWaiting).map(({ pool_id }) => pool_id));
  const read = await Promise.all([...ids].slice(0, POOLS_MAX).map((id) => pools.detail(accessToken, id)));
  return read.flatMap(({ mine }) => mine?.waiting ?? []);
}
