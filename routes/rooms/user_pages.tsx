import { z } from "zod";
import { ProfilePage } from "../../components/studio/profile_page.tsx";
import { CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { NO_STORE, personally, saidTo, toDone } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { renderPage } from "../page.tsx";
import { isId } from "../pools/params.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

/** Streams of a page. */
const STREAMS_LIMIT = 30;

/** Names people have in rooms; the database says whose each is. */
const NAME_PATTERN = /^\w{3,24}$/;

const followForm = z.object({ follow: z.enum(["yes", "no"]) });

/** Adds people's public pages, and following them. */
export function addUserPages(app: App, services: Services): void {
  const { rooms } = services;
  app.get("/u/:username", async (c) => {
    const session = await sessionOf(c, services);
    const token = session?.accessToken ?? null;
    const cursor = c.req.query("cursor");
    const profile = await rooms.profile(token, nameOf(c));
    const page = await rooms.ofUser(token, profile.user.user_id, {
      limit: STREAMS_LIMIT,
      cursor: isId(cursor) ? cursor : null,
    });
    const { username } = profile.user;
    return renderPage(c, services, {
      title: username,
      description: t(preferencesOf(c).locale, "profile.description", { name: username }),
      body: (
        <ProfilePage
          profile={profile}
          streams={page.items}
          nextCursor={page.next_cursor}
          isFirst={!isId(cursor)}
          {...saidTo(c)}
        />
      ),
      session,
      cacheControl: NO_STORE,
    });
  });
  app.post("/u/:username/follow", (c) => {
    const path = `/u/${encodeURIComponent(c.req.param("username"))}`;
    return personally(c, services, path, async ({ accessToken }) => {
      const isWanted = (await readForm(c, followForm)).follow === "yes";
      const { user } = await rooms.profile(accessToken, nameOf(c));
      await rooms.follow(accessToken, user.user_id, isWanted);
      return toDone(c, path, isWanted ? "studio.done_followed" : "studio.done_unfollowed");
    });
  });
}

function nameOf(c: AppContext): string {
  const name = c.req.param("username") ?? "";
  if (!NAME_PATTERN.test(name)) throw new Refusal("not_found", CODES.not_found.title);
  return name;
}
