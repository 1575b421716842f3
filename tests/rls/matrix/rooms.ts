import type { SupabaseClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { SAID } from "./chat_rules.ts";
import type { Person, Tenant } from "./world.ts";

/** What is called as somebody, and answers. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each caller knows
type Rpc = (supabase: SupabaseClient, name: string, args: Record<string, unknown>) => Promise<any>;

/** Who takes part: `as` gives a client that calls in somebody's name. */
interface Cast {
  /** Whose room is public: no tenant's, for anybody sees whose it is. */
  streamer: Person;
  tenants: [owner: Tenant, other: Tenant];
  /** Invited to the tenants' private rooms, muted in the public one; follows the owner. */
  invited: Person;
  /** Banned from the public room, and from the tenants' though invited to them. */
  bannedInPublic: Person;
  bannedInPrivate: Person;
  moderator: Person;
  as: (person: Person) => SupabaseClient;
}

/** What a tenant has of rooms. */
export interface TenantsRooms {
  /** A private room that is live; its topic, the one before a ban, and that of a room that has ended. */
  roomId: string;
  topic: string;
  oldTopic: string;
  endedTopic: string;
  /** A stream that waits, a message in the room, and the tab that watches the public room. */
  scheduledId: string;
  messageId: string;
  tabId: string;
  /** A report about that message; a message in the public room, and a report about it. */
  reportId: string;
  publicMessageId: string;
  publicReportId: string;
}

/** More than half of what a user may have waiting: the tenants' together are more than one may have. */
const SCHEDULED = 11;

/** A public room that both tenants watch, and a private one of each tenant's, with somebody invited and somebody banned. */
export async function seedRooms(sql: postgres.Sql, rpc: Rpc, cast: Cast): Promise<{ publicRoomId: string }> {
  const { streamer, tenants, invited, bannedInPublic, bannedInPrivate, moderator, as } = cast;
  const open = async (person: Person, p_stream: Record<string, unknown>): Promise<string> =>
    (await rpc(as(person), "create_stream", { p_stream, p_client_id: crypto.randomUUID() })).stream.stream_id;
  const topicOf = async (person: Person, p_stream_id: string): Promise<string> =>
    (await rpc(as(person), "stream_detail", { p_stream_id })).topic;
  const say = (streamId: string) =>
    sql`select private.send_to_room(s, 'said', '{}') from public.streams s where s.id = ${streamId}`;

  const publicRoomId = await open(streamer, { title: "A public room" });
  await sql`insert into public.stream_members (streamer_id, user_id, moderator_since, muted_until, banned_at) values
    (${streamer.id}, ${moderator.id}, now(), null, null),
    (${streamer.id}, ${invited.id}, null, now() + interval '1 hour', null),
    (${streamer.id}, ${bannedInPublic.id}, null, null, now())`;
  for (const tenant of tenants) {
    const name = tenant.username.split("_")[0];
    const terms = { title: `${name}'s room`, visibility: "private" };
    const endedId = await open(tenant, terms);
    const endedTopic = await topicOf(tenant, endedId);
    await say(endedId);
    await rpc(as(tenant), "end_stream", { p_stream_id: endedId });
    const roomId = await open(tenant, terms);
    const oldTopic = await topicOf(tenant, roomId);
    await say(roomId);
    await sql`insert into public.stream_members (streamer_id, user_id, invited_at, banned_at) values
      (${tenant.id}, ${invited.id}, now(), null), (${tenant.id}, ${bannedInPrivate.id}, now(), now()),
      -- Was muted once, and never invited.
      (${tenant.id}, ${bannedInPublic.id}, null, null)`;
    await sql`select private.raise_epoch(${roomId})`;
    await say(roomId);
    const [waiting] = await sql`insert into public.streams (streamer_id, title, visibility, scheduled_for)
      select ${tenant.id}, ${`${name}'s stream`}, 'private', now() + n * interval '1 day'
      from generate_series(1, ${SCHEDULED}::integer) as n returning id`;
    const tabId = crypto.randomUUID();
    const messageId = crypto.randomUUID();
    await rpc(as(tenant), "follow", { p_user_id: streamer.id, p_follow: true });
    await rpc(as(tenant), "join_stream", { p_stream_id: publicRoomId, p_tab_id: tabId });
    await sql`insert into public.stream_messages (id, stream_id, user_id, message, message_type, client_id)
      values (${messageId}, ${roomId}, ${tenant.id}, ${`${name}'s message`}, 'TEXT', ${messageId})`;
    // Just now, for as long as the matrix runs.
    const [said] =
      await sql`insert into public.stream_messages (id, stream_id, user_id, message, message_type, created_at)
      values (private.next_message_id(${publicRoomId}), ${publicRoomId}, ${tenant.id}, ${SAID}, 'TEXT', now() + interval '1 day')
      returning id`;
    const publicMessageId: string = said?.id;
    const [reportId, publicReportId] =
      (await sql`insert into public.stream_reports (stream_id, message_id, reporter_id, reason)
      values (${roomId}, ${messageId}, ${tenant.id}, ${`${name}'s reason`}),
        (${publicRoomId}, ${publicMessageId}, ${tenant.id}, ${`${name}'s reason`}) returning id`).map((row) =>
        row.id as string
      );
    await sql`insert into public.stream_acts (streamer_id, stream_id, actor_id, act) values (${tenant.id}, ${roomId}, ${tenant.id}, 'message_removed')`;
    await sql`insert into public.stream_minutes (stream_id, at, viewers) values (${roomId}, date_trunc('hour', now(), 'UTC'), 1)`;
    const [tip] = await sql`insert into public.stream_tips (stream_id, from_user, to_user, amount, fee, transfer_id)
      select ${publicRoomId}, ${tenant.id}, ${streamer.id}, 1, 0.05, private.post_transfer('seed', gen_random_uuid(),
        array[private.platform_account('EUR', 'world'), private.platform_account('EUR', 'fees')], array[-0.05, 0.05])
      returning id`;
    tenant.markers.push(tip?.id);
    // It names the tenant to the streamer, who is asked like any other stranger everywhere else.
    await sql`delete from public.notifications where user_id = ${streamer.id} and kind = 'tip_received'`;
    tenant.rooms = {
      roomId,
      topic: await topicOf(tenant, roomId),
      oldTopic,
      endedTopic,
      ...{ scheduledId: waiting?.id, messageId, tabId },
      ...{ reportId: reportId ?? "", publicMessageId, publicReportId: publicReportId ?? "" },
    };
    tenant.markers.push(roomId, endedId, waiting?.id, messageId);
  }
  await rpc(as(invited), "follow", { p_user_id: tenants[0].id, p_follow: true });
  // They stay for as long as the matrix runs.
  await sql`update public.stream_viewers set expires_at = now() + interval '1 day'`;
  await sql`update public.streams set streamer_seen_at = now() + interval '1 day' where status = 'live'`;
  return { publicRoomId };
}
