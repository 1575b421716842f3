import { z } from "zod";
import { DataPage } from "../../components/accounts/data_page.tsx";
import { DeletedPage } from "../../components/accounts/mail_pages.tsx";
import { clearSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { zipTexts } from "../../lib/accounts/edge/zip.ts";
import { exportFiles } from "../../lib/accounts/export.ts";
import type { App } from "../context.ts";
import { readForm } from "../forms.ts";
import type { Services } from "../services.ts";
import { accountOf, renderOwn } from "./own_page.tsx";
import { newClientId, NO_STORE, personally, saidTo, toError } from "./personal.ts";

const PATH = "/settings/data";

const deleteForm = z.object({ client_id: z.uuid(), username: z.string().trim().max(64) });
const exportSchema = z.record(z.string(), z.unknown());

/** Adds taking one's data along and deleting one's account. */
export function addDataPages(app: App, services: Services): void {
  const { rpc, cookieName } = services;
  app.get(PATH, (c) =>
    personally(c, services, PATH, async (session) => {
      const { profile } = await accountOf(services, session);
      const body = <DataPage username={profile.username} clientId={newClientId(services)} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.data", body);
    }));
  app.post(`${PATH}/export`, (c) =>
    personally(c, services, PATH, async ({ accessToken }) => {
      const data = exportSchema.parse(await rpc.call("export_my_data", {}, { accessToken }));
      return c.body(zipTexts(exportFiles(data)), 200, {
        "content-type": "application/zip",
        "content-disposition": 'attachment; filename="outcry-data.zip"',
        "cache-control": NO_STORE,
      });
    }));
  app.post(`${PATH}/delete`, (c) =>
    personally(c, services, PATH, async (session) => {
      const { client_id, username } = await readForm(c, deleteForm);
      const { profile, admin } = await accountOf(services, session);
      if (username !== profile.username) return toError(c, PATH, "delete_mismatch");
      if (admin) return toError(c, PATH, "delete_admin");
      await rpc.call("delete_my_account", { p_client_id: client_id }, { accessToken: session.accessToken });
      clearSessionCookie(c.get("jar"), cookieName);
      return c.redirect("/goodbye", 303);
    }));
  app.get("/goodbye", (c) => renderOwn(c, services, null, "accounts.deleted_title", <DeletedPage />));
}
