import type { ACCOUNTS_EN } from "./accounts_en.ts";

/** The accounts pages in Spanish. */
export const ACCOUNTS_ES = {} satisfies Record<keyof typeof ACCOUNTS_EN, string>;
