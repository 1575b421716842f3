import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { VNode } from "preact";
import { type Account, accountSchema } from "../../lib/accounts/account.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { type MessageKey, type ParamsOf, t } from "../../lib/kernel/i18n.ts";
import type { AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { NO_STORE } from "./personal.ts";

/** Keys of messages without names, as titles are. */
export type TitleKey = { [Key in MessageKey]: ParamsOf<Key> extends [] ? Key : never }[MessageKey];

/** Renders a page nobody may keep: one's own, or one that takes a password. */
export function renderOwn(
  c: AppContext,
  services: Services,
  session: Session | null,
  title: TitleKey,
  body: VNode,
  status: ContentfulStatusCode = 200,
): Response {
  const text = titleText(c, title);
  return renderPage(c, services, { title: text, description: text, body, session, status, cacheControl: NO_STORE });
}

function titleText(c: AppContext, key: TitleKey): string {
  // A union of keys is more than the parameters' types can follow; none of these has any.
  return (t as (locale: string, key: string) => string)(preferencesOf(c).locale, key);
}

/** Everything about the caller. @throws Refusal `unauthenticated` when the session has ended. */
export async function accountOf({ rpc }: Services, { accessToken }: Session): Promise<Account> {
  return accountSchema.parse(await rpc.call("my_account", {}, { accessToken }));
}
