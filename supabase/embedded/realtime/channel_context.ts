import type { Authority, Identity } from "./authority.ts";
import type { PostgresChanges } from "./changes.ts";
import type { Channel } from "./channel.ts";
import type { FrameTarget, Hub } from "./hub.ts";
import type { Limits } from "./limits.ts";
import type { ConflationRule } from "./messages.ts";
import type { Counters } from "./metrics.ts";
import type { Presence } from "./presence.ts";
import type { StoredMessage } from "./source.ts";

/** What every channel shares. */
export interface ChannelContext {
  hub: Hub<Channel>;
  presence: Presence;
  changes: PostgresChanges;
  authority: Authority;
  limits: Limits;
  counters: Counters;
  conflation: readonly ConflationRule[];
  /** Whether public channels are refused. */
  privateOnly: boolean;
  nowMs(): number;
  /** Stored messages of a topic since a time, oldest first. */
  replay(topic: string, sinceMs: number, limit: number): Promise<StoredMessage[]>;
  /** Runs `tell` once delivery from the database is live; false cancels. */
  whenLive(tell: () => void): void;
}

/** What a channel asks of its connection. */
export interface ChannelOwner {
  /** Where its channels' frames go: the connection itself, a step less for each subscriber of each broadcast. */
  readonly frames: FrameTarget;
  /** Who speaks with this access token; null: the socket's key speaks. */
  identify(token: string | null): Promise<Identified>;
  /** Whether one more event fits this second. */
  takeEvent(): boolean;
  /** The channel has ended. */
  onChannelClosed(channel: Channel): void;
}

/** Answer to {@link ChannelOwner.identify}. */
export type Identified = { ok: true; identity: Identity } | { ok: false; code: string; message: string };
