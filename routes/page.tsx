import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { VNode } from "preact";
import { renderDocument } from "../components/layout/document.tsx";
import type { Session } from "../lib/accounts/edge/sessions.ts";
import type { AppContext } from "./context.ts";
import { preferencesOf } from "./preferences.ts";
import type { Services } from "./services.ts";

/** One page to be rendered. */
export interface PageParts {
  /** Without the site's name. */
  title: string;
  description: string;
  body: VNode;
  session: Session | null;
  status?: ContentfulStatusCode;
  /** What was searched for, shown again in the header. */
  query?: string;
  cacheControl?: string;
}

/** Renders a whole document for this request. */
export function renderPage(c: AppContext, { settings, assets }: Services, parts: PageParts): Response {
  const { title, description, body, session, status = 200, query, cacheControl = "private, no-cache" } = parts;
  const html = renderDocument({
    localMode: settings.mode === "local",
    path: c.req.path,
    returnTo: returnPath(c),
    ...preferencesOf(c),
    nonce: c.get("secureHeadersNonce") ?? "",
    user: session?.user ?? null,
    realtime: { url: settings.supabaseUrl, publishableKey: settings.publishableKey },
    assets: assets.manifest,
  }, { title, description, body, ...(query === undefined ? {} : { query }) });
  // Pages differ by visitor and carry a nonce, so no shared cache may keep one.
  return c.html(html, status, { "cache-control": cacheControl, vary: "Cookie, Accept-Language" });
}

/** The page being looked at; what was posted cannot be asked for again by an address. */
function returnPath(c: AppContext): string {
  if (c.req.method !== "GET") return "/";
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
}
