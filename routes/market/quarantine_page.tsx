import { z } from "zod";
import { QuarantinePage } from "../../components/market/quarantine_page.tsx";
import { EXCHANGE_PATTERN } from "../../lib/market/candle.ts";
import { quarantineSchema } from "../../lib/market/quarantine.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { administer } from "../admin/administer.ts";
import type { App } from "../context.ts";
import type { Services } from "../services.ts";

const PATH = "/admin/quarantine";

/** Frames of a page: each may be 16 kB. */
const FRAMES_LIMIT = 50;

/** Adds the administrators' look at frames that feeds could not take. For everybody else there is nothing here. */
export function addQuarantinePage(app: App, services: Services): void {
  app.get(PATH, (c) =>
    administer(c, services, PATH, async ({ session }) => {
      const exchange = z.string().regex(EXCHANGE_PATTERN).safeParse(c.req.query("exchange"));
      const cursor = z.uuid().safeParse(c.req.query("cursor"));
      const args = { p_exchange: exchange.data ?? null, p_limit: FRAMES_LIMIT, p_cursor: cursor.data ?? null };
      const answer = await services.rpc.call("quarantine_page", args, { accessToken: session.accessToken });
      const { items, next_cursor } = quarantineSchema.parse(answer);
      const body = <QuarantinePage frames={items} exchange={exchange.data ?? null} cursor={next_cursor} />;
      return renderOwn(c, services, session, "monitor.quarantine", body);
    }));
}
