import { z } from "zod";
import { AuditPage } from "../../components/admin/audit_page.tsx";
import { UsersPage } from "../../components/admin/users_page.tsx";
import { adminUsersSchema, auditPageSchema, KYC_STATES } from "../../lib/accounts/account.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { renderOwn } from "../accounts/own_page.tsx";
import { newClientId, personally, saidTo } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

const USERS = "/admin/users";
const AUDIT = "/admin/audit";

/** Rows of a page. */
const USERS_LIMIT = 50;
const AUDIT_LIMIT = 100;

/** Characters of a search the database takes. */
const QUERY_LENGTH_MAX = 100;

const userForm = z.object({
  user_id: z.uuid(),
  client_id: z.uuid(),
  q: z.string().max(QUERY_LENGTH_MAX).optional().catch(undefined),
});
const kycForm = userForm.extend({ status: z.enum(KYC_STATES) });
const roleForm = userForm.extend({ admin: z.enum(["true", "false"]).transform((text) => text === "true") });

/** Adds the administrators' pages. For everybody else there is nothing here. */
export function addAdminPages(app: App, services: Services): void {
  const { rpc } = services;
  app.get(USERS, (c) => administer(c, services, USERS, (session) => showUsers(c, services, session)));
  app.get(AUDIT, (c) => administer(c, services, AUDIT, (session) => showAudit(c, services, session)));
  app.post(`${USERS}/kyc`, (c) =>
    administer(c, services, USERS, async ({ accessToken }) => {
      const { user_id, client_id, status, q } = await readForm(c, kycForm);
      const args = { p_user_id: user_id, p_status: status, p_client_id: client_id };
      await rpc.call("admin_set_kyc", args, { accessToken });
      return toUsers(c, q);
    }));
  app.post(`${USERS}/role`, (c) =>
    administer(c, services, USERS, async ({ accessToken }) => {
      const { user_id, client_id, admin, q } = await readForm(c, roleForm);
      const args = { p_user_id: user_id, p_admin: admin, p_client_id: client_id };
      await rpc.call("admin_set_role", args, { accessToken });
      return toUsers(c, q);
    }));
  app.post(`${USERS}/sessions`, (c) =>
    administer(c, services, USERS, async ({ accessToken }) => {
      const { user_id, client_id, q } = await readForm(c, userForm);
      await rpc.call("admin_end_sessions", { p_user_id: user_id, p_client_id: client_id }, { accessToken });
      return toUsers(c, q);
    }));
}

/** Who is not signed in must not learn that there would be something to sign in for. */
async function administer(
  c: AppContext,
  services: Services,
  path: string,
  serve: (session: Session) => Promise<Response>,
): Promise<Response> {
  if (await sessionOf(c, services) === null) throw new Refusal("not_found", "There is nothing at this address");
  return await personally(c, services, path, serve);
}

async function showUsers(c: AppContext, services: Services, session: Session): Promise<Response> {
  const query = queryOf(c);
  const cursor = z.uuid().safeParse(c.req.query("cursor"));
  const { items, next_cursor } = adminUsersSchema.parse(
    await services.rpc.call("admin_users", {
      p_query: query === "" ? null : query,
      p_limit: USERS_LIMIT,
      p_cursor: cursor.success ? cursor.data : null,
    }, { accessToken: session.accessToken }),
  );
  const users = items.map((user) => ({ ...user, clientId: newClientId(services) }));
  const body = <UsersPage users={users} query={query} cursor={next_cursor} {...saidTo(c)} />;
  return renderOwn(c, services, session, "admin.users", body);
}

async function showAudit(c: AppContext, services: Services, session: Session): Promise<Response> {
  const query = queryOf(c);
  const isActor = z.uuid().safeParse(query).success;
  const args = {
    p_actor: isActor ? query : null,
    p_action: isActor || query === "" ? null : query,
    p_limit: AUDIT_LIMIT,
    p_cursor: c.req.query("cursor") ?? null,
  };
  const answer = await services.rpc.call("audit_page", args, { accessToken: session.accessToken });
  const { items, next_cursor } = auditPageSchema.parse(answer);
  return renderOwn(
    c,
    services,
    session,
    "admin.audit",
    <AuditPage entries={items} query={query} cursor={next_cursor} />,
  );
}

function queryOf(c: AppContext): string {
  return (c.req.query("q") ?? "").trim().slice(0, QUERY_LENGTH_MAX);
}

function toUsers(c: AppContext, query: string | undefined): Response {
  return c.redirect(`${USERS}?${new URLSearchParams({ ...(query ? { q: query } : {}), done: "admin.done" })}`, 303);
}
