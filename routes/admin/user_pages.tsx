import { z } from "zod";
import { UserPage } from "../../components/admin/user_page.tsx";
import { UsersPage } from "../../components/admin/users_page.tsx";
import { KYC_STATES } from "../../lib/accounts/account.ts";
import { mergeEntries, NO_AUDIT_FILTER } from "../../lib/admin/audit.ts";
import { QUERY_LENGTH_MAX, REASON_LENGTH_MAX, ROLES, type UserFilter } from "../../lib/admin/users.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, saidTo, toDone } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { amountField, readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { administer, type Administration, textOf, userIdOf } from "./administer.ts";

const USERS = "/admin/users";

/** Rows of a page. */
const USERS_LIMIT = 50;

/** Entries of the audit log shown of one user. */
const ENTRIES_LIMIT = 15;

/** Characters of a cursor: microseconds and an id. */
const CURSOR_LENGTH_MAX = 60;

const kycForm = z.object({
  client_id: z.uuid(),
  status: z.enum(KYC_STATES),
  reason: z.string().trim().max(REASON_LENGTH_MAX).optional(),
});
const roleForm = z.object({
  client_id: z.uuid(),
  admin: z.enum(["true", "false"]).transform((text) => text === "true"),
});
const sessionForm = z.object({ client_id: z.uuid(), session_id: z.uuid().optional() });
const limitForm = z.object({
  client_id: z.uuid(),
  name: z.string().max(63),
  ceiling: z.union([z.literal("").transform(() => null), amountField]),
});

/** Adds the list of users and the page of each. */
export function addUserPages(app: App, services: Services): void {
  app.get(USERS, (c) => administer(c, services, USERS, (admin) => showUsers(c, services, admin)));
  app.get(`${USERS}/:user_id`, (c) => {
    const path = `${USERS}/${userIdOf(c)}`;
    return administer(c, services, path, (admin) => showUser(c, services, admin));
  });
  addChange(app, services, "kyc", kycForm, async ({ store }, userId, { client_id, status, reason }) => {
    await store.setKyc(userId, status, reason ?? null, client_id);
  });
  addChange(app, services, "role", roleForm, async ({ store }, userId, { client_id, admin }) => {
    await store.setRole(userId, admin, client_id);
  });
  addChange(app, services, "limits", limitForm, async ({ store }, userId, { client_id, name, ceiling }) => {
    await store.setCeiling(userId, name, ceiling, client_id);
  });
  addChange(app, services, "sessions", sessionForm, async ({ store }, userId, { client_id, session_id }) => {
    if (session_id === undefined) await store.endSessions(userId, client_id);
    else await store.endSession(userId, session_id, client_id);
  });
}

/** Adds a form of the user's page; it comes back there. */
function addChange<T>(
  app: App,
  services: Services,
  name: string,
  schema: z.ZodType<T>,
  change: (administration: Administration, userId: string, form: T) => Promise<void>,
): void {
  app.post(`${USERS}/:user_id/${name}`, (c) => {
    const userId = userIdOf(c);
    const path = `${USERS}/${userId}`;
    return administer(c, services, path, async (administration) => {
      await change(administration, userId, await readForm(c, schema));
      return toDone(c, path, "admin.done");
    });
  });
}

async function showUsers(c: AppContext, services: Services, { session, store }: Administration): Promise<Response> {
  const filter: UserFilter = {
    query: textOf(c, "q", QUERY_LENGTH_MAX),
    kyc: KYC_STATES.find((state) => state === c.req.query("kyc")) ?? null,
    role: ROLES.find((role) => role === c.req.query("role")) ?? null,
  };
  const cursor = textOf(c, "cursor", CURSOR_LENGTH_MAX);
  const page = await store.users(filter, { limit: USERS_LIMIT, cursor });
  const body = <UsersPage page={page} filter={filter} isFirst={cursor === null} {...saidTo(c)} />;
  return renderOwn(c, services, session, "admin.users", body);
}

async function showUser(c: AppContext, services: Services, { session, store }: Administration): Promise<Response> {
  const userId = userIdOf(c);
  const paging = { limit: ENTRIES_LIMIT, cursor: null };
  const isOwn = userId === session.user.id;
  const [user, assets, by, on] = await Promise.all([
    store.user(userId),
    isOwn ? null : services.wallets.assets(session.accessToken),
    store.audit({ ...NO_AUDIT_FILTER, actor: userId }, paging),
    store.audit({ ...NO_AUDIT_FILTER, subject: userId }, paging),
  ]);
  const entries = mergeEntries([by.items, on.items], ENTRIES_LIMIT);
  const newId = () => newClientId(services);
  const body = <UserPage {...{ user, assets, entries, newId }} {...saidTo(c)} />;
  return renderOwn(c, services, session, "admin.user", body);
}
