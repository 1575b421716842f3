import { z } from "zod";
import { fieldsOf, NEW_POOL, NewPoolPage, POOL_FIELDS, type PoolFields } from "../../components/admin/pool_form.tsx";
import { PoolPage } from "../../components/admin/pool_page.tsx";
import { PoolsPage } from "../../components/admin/pools_page.tsx";
import type { AdminStore } from "../../lib/admin/edge/admin_store.ts";
import { AdminPoolStore, type PoolMoveName } from "../../lib/admin/edge/pool_store.ts";
import { POOL_CYCLES, POOL_REASON_LENGTH_MAX, type PoolTerms } from "../../lib/admin/pools.ts";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { POOL_STATUSES } from "../../lib/pools/pool_shapes.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { errorText, newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { amountField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer, type Administration, idOf, textOf } from "./administer.ts";
import { userNamed } from "./user_named.ts";

const POOLS = "/admin/pools";

/** Rows of a page. */
const POOLS_LIMIT = 50;

/** Characters of a cursor: an id. */
const CURSOR_LENGTH_MAX = 36;

/** Characters of a field the database looks at; a description alone has more. */
const FIELD_LENGTH_MAX = 2_000;

const plainForm = z.object({ client_id: z.uuid() });
const pauseForm = z.object({ client_id: z.uuid(), reason: z.string().trim().max(POOL_REASON_LENGTH_MAX).default("") });
const confirmedForm = z.object({ client_id: z.uuid(), confirmed: z.literal("true") });
const feeForm = z.object({ client_id: z.uuid(), manager_fee_percent: amountField });
const memberForm = z.object({
  client_id: z.uuid(),
  user: z.string().trim().min(1).max(60),
  add: z.enum(["true", "false"]).transform((text) => text === "true"),
});
// Browsers send a line's end as two characters.
const field = z.string().trim().max(FIELD_LENGTH_MAX).transform((text) => text.replaceAll("\r\n", "\n")).optional();
const termsForm = z.object({
  client_id: z.uuid(),
  draft: z.literal("true").optional(),
  ...Object.fromEntries(POOL_FIELDS.map((name) => [name, field])) as Record<keyof PoolFields, typeof field>,
});

/** What a form must hold for each move; those that cannot be taken back are confirmed. */
const MOVE_FORMS = { open: plainForm, resume: plainForm, "force-settlement": confirmedForm, close: confirmedForm };

/** Adds the list of pools, the form that makes one, and the page of each with its forms. */
export function addPoolPages(app: App, services: Services): void {
  const storeOf = ({ session }: Administration) => new AdminPoolStore(services.rpc, session.accessToken);
  app.get(POOLS, (c) => administer(c, services, POOLS, (admin) => showPools(c, services, admin)));
  app.get(`${POOLS}/new`, (c) =>
    administer(c, services, `${POOLS}/new`, async ({ session, store }) => {
      // Nobody but administrators is to see that there is a form.
      await store.auditState();
      return renderNew(c, services, session, NEW_POOL, saidTo(c));
    }));
  app.post(
    `${POOLS}/new`,
    (c) => administer(c, services, `${POOLS}/new`, (admin) => createPool(c, services, admin, storeOf(admin))),
  );
  app.get(`${POOLS}/:pool_id`, (c) => {
    const id = idOf(c, "pool_id");
    return administer(c, services, `${POOLS}/${id}`, async (admin) => {
      const detail = await storeOf(admin).pool(id);
      const body = <PoolPage detail={detail} newId={() => newClientId(services)} {...saidTo(c)} />;
      return renderOwn(c, services, admin.session, "money.pool", body);
    });
  });
  const addForm = <T,>(name: string, schema: z.ZodType<T>, act: (act: Act<T>) => Promise<void>) =>
    app.post(`${POOLS}/:pool_id/${name}`, (c) => {
      const id = idOf(c, "pool_id");
      return administer(c, services, `${POOLS}/${id}`, async (admin) => {
        await act({ id, form: await readForm(c, schema), pools: storeOf(admin), store: admin.store });
        return toDone(c, `${POOLS}/${id}`, name === "force-settlement" ? "money.done_forced" : "admin.done");
      });
    });
  for (const name of Object.keys(MOVE_FORMS) as PoolMoveName[]) {
    addForm<{ client_id: string }>(name, MOVE_FORMS[name], async ({ id, form, pools }) => {
      await pools.move(name, id, form.client_id);
    });
  }
  addForm("pause", pauseForm, async ({ id, form, pools }) => {
    await pools.pause(id, form.reason === "" ? null : form.reason, form.client_id);
  });
  addForm("fee", feeForm, async ({ id, form: { client_id, ...changes }, pools }) => {
    await pools.update(id, changes, client_id);
  });
  addForm("members", memberForm, async ({ id, form, pools, store }) => {
    await pools.setMember(id, await userNamed(store, form.user), form.add, form.client_id);
  });
  addForm("terms", termsForm, async ({ id, form, pools, store }) => {
    const before = fieldsOf((await pools.pool(id)).pool);
    await pools.update(id, await termsOf(store, before, fieldsIn(form, before)), form.client_id);
  });
}

interface Act<T> {
  id: string;
  form: T;
  pools: AdminPoolStore;
  store: AdminStore;
}

async function showPools(c: AppContext, services: Services, { session }: Administration): Promise<Response> {
  const status = POOL_STATUSES.find((each) => each === c.req.query("status")) ?? null;
  const cursor = textOf(c, "cursor", CURSOR_LENGTH_MAX);
  const page = await new AdminPoolStore(services.rpc, session.accessToken).list(status, { limit: POOLS_LIMIT, cursor });
  const body = <PoolsPage page={page} status={status} isFirst={cursor === null} {...saidTo(c)} />;
  return renderOwn(c, services, session, "money.pools", body);
}

/** Makes a pool; what was refused is shown again as it was typed. */
async function createPool(
  c: AppContext,
  services: Services,
  { session, store }: Administration,
  pools: AdminPoolStore,
): Promise<Response> {
  const form = await readForm(c, termsForm);
  const fields = fieldsIn(form, NEW_POOL);
  try {
    const terms = await termsOf(store, null, fields);
    const { pool } = await pools.create(form.draft ? { ...terms, draft: true } : terms, form.client_id);
    return toDone(c, `${POOLS}/${pool.id}`, "money.done_pool_created");
  } catch (error) {
    if (!(error instanceof Refusal) || ![400, 409].includes(CODES[error.code].status)) throw error;
    return renderNew(c, services, session, fields, { error: errorText(c, error.code), done: null });
  }
}

function renderNew(
  c: AppContext,
  services: Services,
  session: Administration["session"],
  fields: PoolFields,
  said: ReturnType<typeof saidTo>,
): Response {
  const body = <NewPoolPage fields={fields} newId={() => newClientId(services)} {...said} />;
  return renderOwn(c, services, session, "money.new_pool", body);
}

/** The fields that were sent, and the others as they are. */
function fieldsIn(form: z.infer<typeof termsForm>, before: PoolFields): PoolFields {
  return Object.fromEntries(POOL_FIELDS.map((name) => [name, form[name] ?? before[name]])) as unknown as PoolFields;
}

/** What differs from `before` as the database takes it; all of it for a new pool. */
async function termsOf(store: AdminStore, before: PoolFields | null, after: PoolFields): Promise<PoolTerms> {
  const isChanged = (name: keyof PoolFields) => before === null || before[name] !== after[name];
  const amount = (text: string) => text.replace(",", ".");
  const cycle = POOL_CYCLES.find((each) => each === after.cycle);
  return {
    ...(isChanged("name") && { name: after.name }),
    ...(isChanged("description") && { description: after.description }),
    ...(isChanged("currency") && { currency: after.currency.toUpperCase() }),
    ...(isChanged("cycle") && cycle && { cycle }),
    ...(isChanged("minimum") && { minimum: amount(after.minimum) }),
    ...(isChanged("cap") && { cap: after.cap === "" ? null : amount(after.cap) }),
    ...(isChanged("manager_fee_percent") && { manager_fee_percent: amount(after.manager_fee_percent) }),
    ...(isChanged("platform_share_percent") && { platform_share_percent: amount(after.platform_share_percent) }),
    ...(isChanged("equity_move_percent_max") && { equity_move_percent_max: amount(after.equity_move_percent_max) }),
    ...(isChanged("visibility") && { visibility: after.visibility === "private" ? "private" : "public" }),
    ...(isChanged("manager") && after.manager !== "" && { manager_id: await userNamed(store, after.manager) }),
    ...((isChanged("adapter") || isChanged("symbol") || isChanged("url")) &&
      { metadata: { trading: tradingOf(after) } }),
  };
}

function tradingOf({ adapter, symbol, url }: PoolFields): Record<string, string> {
  if (adapter === "http") return { adapter, url };
  return { adapter: "simulated", ...(symbol === "" ? {} : { symbol: symbol.toUpperCase() }) };
}
