/** What a server refuses, cuts or drops, and where. Sizes are bytes, times milliseconds. */
export interface Limits {
  connectionsMax: number;
  channelsPerConnectionMax: number;
  joinsPerSecondMax: number;
  eventsPerSecondMax: number;
  messagesPerSecondMax: number;
  restMessagesPerSecondMax: number;
  restBatchMessagesMax: number;
  restBodyBytesMax: number;
  presenceCallsMax: number;
  presenceWindow_ms: number;
  presenceKeyBytesMax: number;
  payloadBytesMax: number;
  frameBytesMax: number;
  topicBytesMax: number;
  replayMessagesMax: number;
  heldFramesMax: number;
  channelInboxMax: number;
  changesPerChannelMax: number;
  changesQueueMax: number;
  changesQueueBytesMax: number;
  changeRecordBytesMax: number;
  changesLinger_ms: number;
  sendQueueSoftBytesMax: number;
  sendQueueHardBytesMax: number;
  idle_ms_max: number;
}

/** Hosted Realtime's limits where it has one, ours where only memory or processor time sets it. */
export const DEFAULT_LIMITS: Limits = {
  // One process holds about this many sockets in a gigabyte.
  connectionsMax: 20_000,
  channelsPerConnectionMax: 100,
  joinsPerSecondMax: 100,
  eventsPerSecondMax: 100,
  // Ten channels at their full rate: a socket past this sends garbage to burn our processor.
  messagesPerSecondMax: 1_000,
  // All callers without the secret key together, as a hosted project on the paid tier.
  restMessagesPerSecondMax: 2_500,
  restBatchMessagesMax: 2_500,
  restBodyBytesMax: 8_000_000,
  presenceCallsMax: 5,
  presenceWindow_ms: 30_000,
  presenceKeyBytesMax: 255,
  payloadBytesMax: 3_000_000,
  // A payload at its limit, its JSON envelope, and room to answer one just above with an error.
  frameBytesMax: 3_000_000 + 65_536,
  // The binary frames give the topic one length byte.
  topicBytesMax: 255,
  replayMessagesMax: 25,
  // Live frames kept back while a join reads its replay.
  heldFramesMax: 1_000,
  // Frames of one channel waiting for its join or its permission check.
  channelInboxMax: 256,
  changesPerChannelMax: 100,
  // Past these the replication stream waits; beyond the batch in work they only bridge its round trips.
  changesQueueMax: 1_000,
  changesQueueBytesMax: 8_000_000,
  // As hosted: of a larger record only the small values are sent.
  changeRecordBytesMax: 1_048_576,
  // How long the stream stays when its last subscriber has gone.
  changesLinger_ms: 10_000,
  // Past the soft limit older forming market frames give way to newer ones; past the hard limit the socket closes.
  sendQueueSoftBytesMax: 256 * 1024,
  sendQueueHardBytesMax: 8 * 1024 * 1024,
  // Three of the client's 25 s heartbeats.
  idle_ms_max: 75_000,
};

/** Counts calls in a fixed window; one object a client, nothing to free. */
export class RateWindow {
  readonly #callsMax: number;
  readonly #window_ms: number;
  #startedMs = -Infinity;
  #calls = 0;

  constructor(callsMax: number, window_ms: number) {
    this.#callsMax = callsMax;
    this.#window_ms = window_ms;
  }

  /** Counts `calls` more at `nowMs`; false when they exceed the window's limit (they are then not counted). */
  take(nowMs: number, calls = 1): boolean {
    if (nowMs - this.#startedMs >= this.#window_ms || nowMs < this.#startedMs) {
      this.#startedMs = nowMs;
      this.#calls = 0;
    }
    if (this.#calls + calls > this.#callsMax) return false;
    this.#calls += calls;
    return true;
  }
}
