import type { ADMIN_EN } from "./admin_en.ts";

/** The admin pages in French. */
export const ADMIN_FR = {} satisfies Record<keyof typeof ADMIN_EN, string>;
