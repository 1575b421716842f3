import { z } from "zod";

/** Result of the SQL function `quarantine_page`: frames that could not be taken, newest first. */
export const quarantineSchema = z.object({
  items: z.array(z.object({
    id: z.string(),
    exchange: z.string(),
    /** Why, as a word in snake case. */
    reason: z.string(),
    /** Length the frame had. */
    bytes: z.string().regex(/^\d+$/),
    /** Its beginning, as it came. */
    raw: z.string(),
    received_at: z.string(),
  })),
  next_cursor: z.string().nullable(),
});

/** See {@link quarantineSchema}. */
export type QuarantinedFrame = z.infer<typeof quarantineSchema>["items"][number];
