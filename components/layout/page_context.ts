import type { Locale } from "../../lib/kernel/text.ts";
import type { Theme } from "../../lib/kernel/theme.ts";

/** What every page needs to know about its request and the deployment. Safe to show to the browser. */
export interface PageContext {
  /** Marked on every page: simulated market, demo accounts. */
  localMode: boolean;
  /** Path of the request, without the query. */
  path: string;
  /** CSP nonce of this response. */
  nonce: string;
  /** Where a form that changes how pages look comes back to: path and query. */
  returnTo: string;
  locale: Locale;
  /** An IANA name: "UTC", "Europe/Paris". */
  timeZone: string;
  theme: Theme;
  user: { id: string; name: string } | null;
  realtime: { url: string; publishableKey: string };
  assets: AssetManifest;
}

/**
 * Where the built assets are, as URLs `/assets/<file>`; `<file>` lies in `static/dist/`.
 * File names carry a hash of their content, so they may be cached for ever.
 */
export interface AssetManifest {
  css: string;
  boot: string;
  /** Island name → its module. */
  islands: Record<string, string>;
  /** Island name → the chunks its module imports. */
  preload: Record<string, string[]>;
  icon: string;
  fonts: string[];
}
