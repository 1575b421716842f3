import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { PageContext } from "./page_context.ts";

/** Carries the page's context to server-rendered components; islands never read it. */
export const PageProvider = createContext<PageContext | null>(null);

/** The page's context, or null where a component is rendered on its own. */
export function usePage(): PageContext | null {
  return useContext(PageProvider);
}
