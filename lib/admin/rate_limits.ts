import { z } from "zod";

/** What `rate_limits_page()` answers. Numbers are decimal strings. */
export const rateLimitsPageSchema = z.object({
  items: z.array(z.object({
    name: z.string(),
    /** Tokens a full bucket holds: the burst. */
    capacity: z.string(),
    refill_per_s: z.string(),
    /** Tokens of one call. */
    cost: z.string(),
    shared_factor: z.int(),
    shards: z.int(),
    description: z.string(),
    updated_at: z.string(),
  })),
  next_cursor: z.null(),
});

/** A rule of the token buckets. */
export type RateLimitRule = z.infer<typeof rateLimitsPageSchema>["items"][number];

/** What `attempt_rules_page()` answers: how guessing slows down. */
export const attemptRulesPageSchema = z.object({
  items: z.array(z.object({
    name: z.string(),
    /** Attempts before the first wait. */
    free_attempts: z.int(),
    /** Seconds of the first wait; each further attempt doubles it, up to the longest. */
    first_delay_s: z.int(),
    delay_s_max: z.int(),
    /** Seconds after which one counted attempt is forgotten. */
    forget_one_s: z.int(),
    description: z.string(),
    updated_at: z.string(),
  })),
  next_cursor: z.null(),
});

/** A rule of how guessing slows down. */
export type AttemptRule = z.infer<typeof attemptRulesPageSchema>["items"][number];

/** The numbers of an {@link AttemptRule}, in the order people read them. */
export const ATTEMPT_FIELDS = ["free_attempts", "first_delay_s", "delay_s_max", "forget_one_s"] as const;

/** See {@link ATTEMPT_FIELDS}. */
export type AttemptNumbers = Record<(typeof ATTEMPT_FIELDS)[number], number>;
