import type { Locale, Messages } from "../../kernel/text.ts";

/** What the document tells its islands, written by the server into `<script id="page">`. */
export interface PageConfig {
  realtime: { url: string; publishableKey: string };
  signed_in: boolean;
  /** Island name → module URL, of the islands on this page. */
  islands: Record<string, string>;
  /** What those islands say, and in which language and time zone. */
  texts: { locale: Locale; timeZone: string; messages: Messages };
}

/** Reads the page's configuration from the document; our own server wrote it. */
export function readPageConfig(): PageConfig {
  return JSON.parse(document.getElementById("page")?.textContent ?? "{}");
}
