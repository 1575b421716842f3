/** Hears what comes over a venue's sockets, as it came and when it came. Called on the hot path: it must not throw. */
export interface FrameTap {
  /** The exchange's ids that frames name, and our symbols of them. */
  names(symbolOfId: ReadonlyMap<string, string>): void;
  opened(socket: number): void;
  /**
   * A frame came; not a string where the exchange sent bytes. `held` for those of a socket that will replace another:
   * they wait until it has.
   */
  frame(socket: number, data: unknown, held: boolean): void;
  confirmed(socket: number, streams: readonly string[]): void;
  lost(socket: number, reason: string): void;
  /** The socket was replaced: what was held counts now. */
  switched(socket: number, reason: string): void;
  /** The replacement was given up: what was held counts no more. */
  released(socket: number): void;
}
