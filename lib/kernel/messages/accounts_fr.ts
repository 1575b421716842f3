import type { ACCOUNTS_EN } from "./accounts_en.ts";

/** The accounts pages in French. */
export const ACCOUNTS_FR = {} satisfies Record<keyof typeof ACCOUNTS_EN, string>;
