import { signal } from "@preact/signals";
import type { RoomViewers } from "../answers.ts";
import type { CallRoom } from "./room_api.ts";
import { fieldsOf } from "./room_checks.ts";

/** While somebody looks at the list of a room's people, it is read this often. */
export const AUDIENCE_EVERY_ms = 15_000;

/** People asked for at once; of more the list says how many. */
export const AUDIENCE_MAX = 100;

/** Who watches a room, as last heard. */
export class RoomAudience {
  readonly viewers;
  readonly #call: CallRoom;
  readonly #path: string;

  constructor(call: CallRoom, streamId: string, first: RoomViewers | null) {
    this.#call = call;
    this.#path = `streaming/${streamId}/viewers?limit=${AUDIENCE_MAX}`;
    this.viewers = signal(first);
  }

  /** Asks again; what cannot be had leaves the list as it was. */
  async refresh(): Promise<void> {
    const answer = await this.#call("GET", this.#path);
    if (answer.ok && Array.isArray(answer.data.items)) this.viewers.value = readViewers(answer.data);
  }
}

/** By hand: the schemas' library is larger than a page's whole script may be. */
function readViewers(data: Record<string, unknown>): RoomViewers {
  const viewers = data as unknown as RoomViewers;
  return { ...viewers, items: viewers.items.filter((item) => typeof fieldsOf(item).user_id === "string") };
}
