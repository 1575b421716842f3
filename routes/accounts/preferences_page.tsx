import { PreferencesPage } from "../../components/accounts/preferences_page.tsx";
import { ownPath } from "../../lib/accounts/next_path.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { App } from "../context.ts";
import type { KeepChoices } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { renderOwn } from "./own_page.tsx";
import { allTimeZones } from "./settings_pages.tsx";

/** Adds the page behind the header's menu, for whoever wants another time zone. */
export function addPreferencesPage(app: App, services: Services): void {
  app.get("/preferences", async (c) => {
    const next = ownPath(c.req.query("next")) ?? "/";
    const body = <PreferencesPage next={next} timeZones={allTimeZones()} />;
    return renderOwn(c, services, await sessionOf(c, services), "layout.preferences", body);
  });
}

/** Writes choices into the profile of whoever is signed in, so that their other browsers take them over. */
export function keepInProfile(services: Services): KeepChoices {
  return async (c, { locale, theme, timeZone }) => {
    const session = await sessionOf(c, services);
    if (session === null) return;
    const changes = {
      ...(locale ? { locale } : {}),
      ...(theme ? { theme } : {}),
      ...(timeZone ? { time_zone: timeZone } : {}),
    };
    try {
      await services.rpc.call("update_profile", { p_changes: changes }, { accessToken: session.accessToken });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The browser has its choice by cookie; the profile is the smaller part of it.
      services.logger.warn("Profile not told of a choice", { request_id: c.get("requestId"), code: error.code });
    }
  };
}
