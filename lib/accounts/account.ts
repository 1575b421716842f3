import { z } from "zod";
import { LOCALES } from "../kernel/text.ts";
import { THEMES } from "../kernel/theme.ts";

/** States of a user's identity check. */
export const KYC_STATES = ["none", "pending", "verified", "rejected"] as const;

const kyc = z.enum(KYC_STATES);

/** A device as `my_devices()` tells it. Times are RFC 3339. */
export const deviceSchema = z.object({
  device_id: z.uuid(),
  name: z.string(),
  first_seen_at: z.string(),
  last_seen_at: z.string(),
  sessions: z.int(),
  current: z.boolean(),
});

/** See {@link deviceSchema}. */
export type Device = z.infer<typeof deviceSchema>;

/** Something that befell a user. */
export const notificationSchema = z.object({
  id: z.uuid(),
  kind: z.string(),
  data: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  read_at: z.string().nullable(),
});

/** See {@link notificationSchema}. */
export type Notification = z.infer<typeof notificationSchema>;

/** What `my_account()` answers. */
export const accountSchema = z.object({
  profile: z.object({
    username: z.string(),
    locale: z.enum(LOCALES),
    time_zone: z.string(),
    theme: z.enum(THEMES),
    kyc_status: kyc,
    withdrawals_frozen_until: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
  email: z.string().nullable(),
  identities: z.array(z.object({ provider: z.string() })),
  devices: z.array(deviceSchema),
  recovery_codes_left: z.int(),
  notifications: z.array(notificationSchema),
  admin: z.boolean(),
});

/** See {@link accountSchema}. */
export type Account = z.infer<typeof accountSchema>;
