/** What a streamer or moderator can decide about somebody, as forms name it. */
export const PERSON_ACTS = [
  "mute_600",
  "mute_3600",
  "mute_86400",
  "unmute",
  "ban",
  "unban",
  "shadow",
  "unshadow",
  "moderator",
  "unmoderator",
  "invite",
  "uninvite",
] as const;

/** See {@link PERSON_ACTS}. */
export type PersonAct = (typeof PERSON_ACTS)[number];

/** What the streamer alone decides. */
export const OWNER_ACTS: readonly PersonAct[] = ["moderator", "unmoderator", "invite", "uninvite"];
