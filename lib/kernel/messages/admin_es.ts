import type { ADMIN_EN } from "./admin_en.ts";

/** The admin pages in Spanish. */
export const ADMIN_ES = {} satisfies Record<keyof typeof ADMIN_EN, string>;
