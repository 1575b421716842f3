import { z } from "zod";
import { auditStateSchema } from "./audit.ts";

/** What `admin_overview()` answers: what an operator looks at first. */
export const overviewSchema = z.object({
  users: z.int(),
  users_new: z.int(),
  admins: z.int(),
  kyc_pending: z.int(),
  sessions: z.int(),
  sign_ins_failed: z.int(),
  rate_limited: z.int(),
  jobs_waiting: z.int(),
  jobs_failed: z.int(),
  audit: auditStateSchema,
  feeds: z.array(z.object({
    exchange: z.string(),
    state: z.enum(["starting", "live", "reconnecting", "stopped"]),
    sockets: z.int(),
    streams: z.int(),
    last_event_at: z.string().nullable(),
    updated_at: z.string(),
  })),
});

/** See {@link overviewSchema}. */
export type Overview = z.infer<typeof overviewSchema>;
