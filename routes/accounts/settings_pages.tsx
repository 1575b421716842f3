import { z } from "zod";
import { DevicesPage } from "../../components/accounts/devices_page.tsx";
import { NotificationsPage } from "../../components/accounts/notifications_page.tsx";
import { SettingsPage } from "../../components/accounts/settings_page.tsx";
import { clearSessionCookie } from "../../lib/accounts/edge/cookies.ts";
import { type Account, deviceSchema } from "../../lib/accounts/account.ts";
import { safeNextPath } from "../../lib/accounts/next_path.ts";
import { LOCALES } from "../../lib/kernel/text.ts";
import { THEMES } from "../../lib/kernel/theme.ts";
import type { App, AppContext } from "../context.ts";
import { emailField, readForm } from "../forms.ts";
import { preferencesOf, rememberPreferences } from "../preferences.ts";
import type { Services } from "../services.ts";
import { confirmUrl } from "./mail_pages.tsx";
import { accountOf, renderOwn } from "./own_page.tsx";
import { newClientId, orRefuse, personally, saidTo, toDone } from "./personal.ts";

const profileForm = z.object({
  username: z.string().trim().toLowerCase().max(64),
  locale: z.enum(LOCALES),
  time_zone: z.string().trim().max(64),
  theme: z.enum(THEMES),
});
const emailForm = z.object({ email: emailField });
const revokeForm = z.object({ device_id: z.uuid(), client_id: z.uuid() });
const readNoticesForm = z.object({ before: z.uuid() });

/** Names of all time zones, the one nobody has to choose first. */
export function allTimeZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** Adds the profile, the devices and the notifications. */
export function addSettingsPages(app: App, services: Services): void {
  addProfile(app, services);
  addDevices(app, services);
  const { rpc } = services;
  app.get("/notifications", (c) =>
    personally(c, services, "/notifications", async (session) => {
      const { notifications } = await accountOf(services, session);
      const body = <NotificationsPage notifications={notifications} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.notifications", body);
    }));
  app.post("/notifications/read", (c) =>
    personally(c, services, "/notifications", async ({ accessToken }) => {
      const { before } = await readForm(c, readNoticesForm);
      await rpc.call("read_notifications", { p_before: before }, { accessToken });
      return c.redirect("/notifications", 303);
    }));
  // Where pages go that hear of their session's end: by now the middleware has asked whether it is so.
  app.get("/session", (c) => c.redirect(safeNextPath(c.req.query("next"), "/"), 303));
}

/** A profile never saved says nothing of its owner's ways: the form offers those its page is shown in. */
function withShownWays(c: AppContext, account: Account): Account {
  const { profile } = account;
  if (profile.updated_at !== profile.created_at) return account;
  const { locale, theme, timeZone } = preferencesOf(c);
  return { ...account, profile: { ...profile, locale, theme, time_zone: timeZone } };
}

function addProfile(app: App, services: Services): void {
  const { rpc, authApi } = services;
  app.get("/settings", (c) =>
    personally(c, services, "/settings", async (session) => {
      const account = withShownWays(c, await accountOf(services, session));
      const body = <SettingsPage account={account} timeZones={allTimeZones()} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.settings", body);
    }));
  app.post("/settings/profile", (c) =>
    personally(c, services, "/settings", async ({ accessToken }) => {
      const changes = await readForm(c, profileForm);
      await rpc.call("update_profile", { p_changes: changes }, { accessToken });
      rememberPreferences(c, { locale: changes.locale, theme: changes.theme, timeZone: changes.time_zone });
      return toDone(c, "/settings", "accounts.saved");
    }));
  app.post("/settings/email", (c) =>
    personally(c, services, "/settings", async ({ accessToken }) => {
      const { email } = await readForm(c, emailForm);
      const answer = await authApi.changeEmail(accessToken, email, { redirectTo: confirmUrl(services, "/settings") });
      // Whether the new address belongs to somebody here is not told.
      if (!answer.ok && answer.code !== "conflict") orRefuse(answer);
      return toDone(c, "/settings", "accounts.email_sent");
    }));
}

function addDevices(app: App, services: Services): void {
  const { rpc } = services;
  app.get("/settings/devices", (c) =>
    personally(c, services, "/settings/devices", async (session) => {
      const answer = await rpc.call("my_devices", {}, { accessToken: session.accessToken });
      const devices = z.array(deviceSchema).parse(answer).map((device) => ({
        ...device,
        clientId: newClientId(services),
      }));
      const body = <DevicesPage devices={devices} {...saidTo(c)} />;
      return renderOwn(c, services, session, "accounts.devices", body);
    }));
  app.post("/settings/devices/revoke", (c) =>
    personally(c, services, "/settings/devices", async ({ accessToken }) => {
      const { device_id, client_id } = await readForm(c, revokeForm);
      const devices = z.array(deviceSchema).parse(await rpc.call("my_devices", {}, { accessToken }));
      const isOwn = devices.some((device) => device.current && device.device_id === device_id);
      await rpc.call("revoke_device", { p_device_id: device_id, p_client_id: client_id }, { accessToken });
      if (!isOwn) return toDone(c, "/settings/devices", "accounts.device_revoked");
      clearSessionCookie(c.get("jar"), services.cookieName);
      return c.redirect("/login", 303);
    }));
}
