import { z } from "@hono/zod-openapi";

/** A pool's, an investment's or a request's id. */
export const idParam = z.object({ id: z.uuid("use a UUID") });

/** A cursor of the database's own making. */
export const cursorParam = z.string().regex(/^[\w.:+-]{1,128}$/, "use next_cursor as it came").optional();

/** A number of units as a decimal string, or "all"; whether it is one, and there are as many, the database says. */
export const unitsText = z.string().max(64, "use 64 characters at most")
  .regex(/^[\x20-\x7e]*$/, "use a decimal string").openapi({ example: "12.5" });

/** Whether a text is an id of ours. */
export function isId(text: string | undefined): text is string {
  return z.uuid().safeParse(text).success;
}
