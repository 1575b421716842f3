import type { Example, FunctionRule } from "./rules.ts";
import type { World } from "./world.ts";

/** A call that a function's rule tries, but for what differs from room to room. */
type Args = (world: World) => Record<string, unknown>;

const id = () => crypto.randomUUID();
const NOBODY = "00000000-0000-7000-8000-000000000000";
const BOTH = ["owner", "other"] as const;
/** What each of the tenants has just said in the public room. */
export const SAID = "The same words";
const VIEW = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", range: null, drawings: [] };

/** The tables that an act about somebody's row in a room leaves traces in. */
const TRACES = (tenant: "owner" | "other", ...more: string[]) =>
  ["public.stream_acts", "public.audit_log", "realtime.messages", ...more].map((table) => `${tenant} ${table}`);

const OWNER: Example["but"] = { owner: "ok", owner_by_password: "ok", owner_long_ago: "ok" };
/** The administrator is the public room's moderator, in whichever session that lives. */
const MODERATOR: Example["but"] = {
  ...{ admin: "ok", admin_by_password: "ok", admin_an_hour_ago: "ok", admin_long_ago: "ok" },
};
/** The public room's streamer and moderator; somebody else is banned from it. */
const MODERATORS_ALONE: Example["but"] = {
  ...MODERATOR,
  demoted: "ok",
  newcomer: "banned",
  "everybody else": "forbidden",
};
const STREAMER_ALONE: Example["but"] = { demoted: "ok", newcomer: "banned", "everybody else": "not_owner" };
/** Of the owner's private room one guest knows; to others it is not there. */
const owners = (guest: string): Example["but"] => ({ ...OWNER, impostor: guest, "everybody else": "not_found" });

const PUBLIC = (args: Args, but: Example["but"], more: Partial<Example> = {}): Example => ({
  name: "the public room",
  with: (w) => ({ p_stream_id: w.publicRoomId, ...args(w) }),
  but,
  ...more,
});
const PRIVATE = (args: Args, guest: string, more: Partial<Example> = {}): Example => ({
  name: "the owner's private room",
  with: (w) => ({ p_stream_id: w.owner.rooms.roomId, ...args(w) }),
  but: owners(guest),
  ...more,
});
const NONE = (args: Args): Example => ({
  name: "a room that does not exist",
  with: (w) => ({ p_stream_id: NOBODY, ...args(w) }),
  but: { "everybody else": "not_found" },
});
/** Refused for the same reason whoever asks, where moderators are served otherwise. */
const refusedAs = (code: string, but: Example["but"]): Example["but"] =>
  Object.fromEntries(Object.entries(but ?? {}).map(([who, outcome]) => [who, outcome === "ok" ? code : outcome]));

/** What is shown of a tenant to those whom the room serves. */
const SHOWN = (...tenants: ("owner" | "other")[]): Partial<Example> => ({
  sees: tenants,
  showsTo: { demoted: tenants },
});

/** A decision about the other tenant, by whoever may decide. */
function aboutSomebody(
  args: Record<string, unknown>,
  but: Example["but"],
  guest: string,
): Example[] {
  const whom = (who: (w: World) => string): Args => (w) => ({ p_user_id: who(w), ...args });
  const traces = {
    anybodyChanges: TRACES("other", "public.stream_members", "public.stream_viewers"),
    changes: ["other"] as const,
  };
  const theirs = { ...traces, showsTo: { owner: ["other"], owner_by_password: ["other"], owner_long_ago: ["other"] } };
  return [
    PUBLIC(whom((w) => w.other.id), but, { ...SHOWN("other"), ...traces }),
    PUBLIC(whom((w) => w.demoted.id), refusedAs("cannot_moderate", but), { name: "the public room's streamer" }),
    PUBLIC(whom((w) => w.admin.id), { ...refusedAs("cannot_moderate", but), demoted: "ok" }, {
      name: "the public room's moderator",
    }),
    PUBLIC(whom(() => NOBODY), refusedAs("not_found", but), { name: "a user who does not exist" }),
    PRIVATE(whom((w) => w.other.id), guest, theirs as Partial<Example>),
    NONE(whom((w) => w.other.id)),
  ];
}

const READ = { newcomer: "banned", newcomer_timed_out: "banned" };
/** A tab that knows nothing yet. */
const MISSED = { p_tab_id: NOBODY, p_after: NOBODY };
const GUEST = { showsTo: { impostor: ["owner"] } } as const;
const WRITES = [
  ...["public.stream_messages", "public.streams", "public.requests", "realtime.messages", "public.audit_log"].map((
    table,
  ) => `owner ${table}`),
];
const message = (text = "Good morning") => () => ({ p_client_id: id(), p_message: text });
const tip = (p_amount = "1") => () => ({ p_client_id: id(), p_amount });
/** Whose wallet is empty: the tenants alone have money. */
const PENNILESS: Example["but"] = {
  ...{ admin: "insufficient_funds", admin_by_password: "insufficient_funds" },
  ...{ admin_an_hour_ago: "insufficient_funds", admin_long_ago: "insufficient_funds" },
};

/** The functions of chat, moderation, tips and of what a streamer shows. */
export const CHAT_FUNCTIONS: Record<string, FunctionRule> = {
  acts_page: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(() => ({}), MODERATORS_ALONE, SHOWN(...BOTH)),
      PRIVATE(() => ({}), "forbidden"),
      NONE(() => ({})),
    ],
  },
  admin_set_tip_rules: {
    for: "administrators with a fresh second factor",
    examples: [{ with: () => ({ p_rules: { fee_percent: "6" }, p_client_id: id() }) }],
  },
  admin_tip_rules: { for: "administrators", examples: [{}] },
  ban_user: { for: "signed-in users", limited: true, examples: aboutSomebody({}, MODERATORS_ALONE, "forbidden") },
  catch_up: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      PUBLIC(() => MISSED, READ, { anybodySees: BOTH }),
      PRIVATE(() => MISSED, "ok", { ...GUEST, anybodyChanges: TRACES("owner", "public.stream_viewers") }),
      NONE(() => MISSED),
    ],
  },
  chat_page: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      PUBLIC(() => ({}), READ, { anybodySees: BOTH }),
      PRIVATE(() => ({}), "ok", GUEST),
      NONE(() => ({})),
    ],
  },
  decide_report: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "in the public room",
        with: (w) => ({ p_report_id: w.other.rooms.publicReportId, p_remove: true }),
        but: { ...MODERATOR, demoted: "ok", "everybody else": "not_found" },
        ...SHOWN(...BOTH),
        changes: BOTH,
        anybodyChanges: BOTH.flatMap((tenant) => TRACES(tenant, "public.stream_reports", "public.stream_messages")),
      },
      {
        name: "in the owner's private room",
        with: (w) => ({ p_report_id: w.owner.rooms.reportId, p_remove: false }),
        but: { ...OWNER, "everybody else": "not_found" },
      },
      {
        name: "a report that does not exist",
        with: () => ({ p_report_id: NOBODY, p_remove: false }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  invite_user: { for: "signed-in users", limited: true, examples: aboutSomebody({}, STREAMER_ALONE, "not_owner") },
  leaderboard: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      PUBLIC(() => ({}), READ, { anybodySees: BOTH }),
      PRIVATE(() => ({}), "ok", GUEST),
      NONE(() => ({})),
    ],
  },
  mute_user: {
    for: "signed-in users",
    limited: true,
    examples: aboutSomebody({ p_seconds: 60 }, MODERATORS_ALONE, "forbidden"),
  },
  my_earnings: {
    for: "signed-in users",
    limited: true,
    examples: [{
      says: { demoted: '"tips": 2', newcomer: '"tips": 0', admin: '"tips": 0' },
    }],
  },
  post_pool_card: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC((w) => ({ p_pool_id: w.publicPoolId, p_client_id: id() }), {
        ...MODERATORS_ALONE,
        impostor: "muted",
      }),
      PUBLIC((w) => ({ p_pool_id: w.owner.poolId, p_client_id: id() }), {
        ...refusedAs("not_found", MODERATORS_ALONE),
        impostor: "muted",
      }, { name: "the owner's private pool" }),
      PRIVATE((w) => ({ p_pool_id: w.publicPoolId, p_client_id: id() }), "forbidden"),
      NONE((w) => ({ p_pool_id: w.publicPoolId, p_client_id: id() })),
    ],
  },
  remove_message: hiding(),
  report_message: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC((w) => ({ p_message_id: w.owner.rooms.publicMessageId, p_reason: "Rude" }), {
        ...{ newcomer: "banned", owner: "not_found", owner_by_password: "not_found", owner_long_ago: "not_found" },
      }, { anybodyChanges: ["owner public.stream_reports", "owner public.audit_log"], changes: ["owner"] }),
      PRIVATE((w) => ({ p_message_id: w.owner.rooms.messageId, p_reason: "Rude" }), "ok", {
        but: { impostor: "ok", "everybody else": "not_found" },
        anybodyChanges: ["owner public.stream_reports", "owner public.audit_log"],
      }),
      PUBLIC((w) => ({ p_message_id: w.owner.rooms.messageId, p_reason: "Rude" }), {
        ...{ newcomer: "banned", "everybody else": "not_found" },
      }, { name: "what was said in the owner's private room" }),
      NONE((w) => ({ p_message_id: w.owner.rooms.messageId, p_reason: "Rude" })),
    ],
  },
  reports_page: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(() => ({}), MODERATORS_ALONE, SHOWN(...BOTH)),
      PRIVATE(() => ({}), "forbidden"),
      NONE(() => ({})),
    ],
  },
  restore_message: hiding(),
  room_people: {
    for: "signed-in users",
    limited: true,
    examples: [PUBLIC(() => ({}), MODERATORS_ALONE), PRIVATE(() => ({}), "forbidden"), NONE(() => ({}))],
  },
  room_viewers: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      // Who is signed in sees who watches; anonymous callers their number alone.
      PUBLIC(() => ({}), READ, {
        sees: BOTH,
        showsTo: {
          ...{ owner: BOTH, owner_by_password: BOTH, owner_long_ago: BOTH, other: BOTH, demoted: BOTH },
          ...{ impostor: BOTH, busy: BOTH },
        },
      }),
      PRIVATE(() => ({}), "ok", GUEST),
      NONE(() => ({})),
    ],
  },
  send_message: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(message(), { newcomer: "banned", impostor: "muted" }),
      PUBLIC(message(SAID), {
        ...{ newcomer: "banned", impostor: "muted", other: "duplicate_message" },
        ...{ owner: "duplicate_message", owner_by_password: "duplicate_message", owner_long_ago: "duplicate_message" },
      }, { name: "what both tenants have just said" }),
      PUBLIC((w) => ({ p_client_id: w.owner.rooms.messageId, p_message: "Good morning" }), {
        ...{ newcomer: "banned", impostor: "muted" },
        ...{ owner: "conflict", owner_by_password: "conflict", owner_long_ago: "conflict" },
      }, {
        name: "by the client id of the owner's message",
        anybodySees: ["owner"],
        anybodyChanges: ["owner public.stream_messages"],
      }),
      PRIVATE(message(), "ok", { ...GUEST, anybodyChanges: WRITES }),
      NONE(message()),
    ],
  },
  set_moderator: { for: "signed-in users", limited: true, examples: aboutSomebody({}, STREAMER_ALONE, "not_owner") },
  set_room_settings: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(() => ({ p_settings: { slow_mode_s: 5 } }), MODERATORS_ALONE),
      PRIVATE(() => ({ p_settings: { slow_mode_s: 5 } }), "forbidden"),
      PUBLIC(
        (w) => ({ p_settings: { pinned_message_id: w.owner.rooms.messageId } }),
        refusedAs("not_found", MODERATORS_ALONE),
        {
          name: "a message of another room",
        },
      ),
      NONE(() => ({ p_settings: { slow_mode_s: 5 } })),
    ],
  },
  set_view: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(() => ({ p_view: VIEW }), STREAMER_ALONE),
      PRIVATE(() => ({ p_view: VIEW }), "not_owner"),
      NONE(() => ({ p_view: VIEW })),
    ],
  },
  shadow_ban_user: {
    for: "signed-in users",
    limited: true,
    examples: aboutSomebody({}, MODERATORS_ALONE, "forbidden"),
  },
  tip: {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC(tip(), { newcomer: "banned", impostor: "muted", demoted: "tip_to_self", ...PENNILESS }),
      PRIVATE(tip(), "insufficient_funds", {
        but: { ...refusedAs("tip_to_self", OWNER), impostor: "insufficient_funds", "everybody else": "not_found" },
      }),
      NONE(tip()),
    ],
  },
  tip_terms: { for: "everybody but the worker", limited: true, examples: [{}] },
  unban_user: { for: "signed-in users", limited: true, examples: aboutSomebody({}, MODERATORS_ALONE, "forbidden") },
};

/** Messages are taken away and given back by those who moderate their room. */
function hiding(): FunctionRule {
  return {
    for: "signed-in users",
    limited: true,
    examples: [
      PUBLIC((w) => ({ p_message_id: w.owner.rooms.publicMessageId }), MODERATORS_ALONE, {
        ...SHOWN("owner"),
        changes: ["owner"],
        anybodyChanges: TRACES("owner", "public.stream_messages"),
      }),
      PUBLIC((w) => ({ p_message_id: w.owner.rooms.messageId }), refusedAs("not_found", MODERATORS_ALONE), {
        name: "what was said in the owner's private room",
      }),
      PRIVATE((w) => ({ p_message_id: w.owner.rooms.messageId }), "forbidden"),
      NONE((w) => ({ p_message_id: w.owner.rooms.messageId })),
    ],
  };
}
