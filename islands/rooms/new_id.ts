import { uuidv7 } from "../../lib/kernel/uuid.ts";

/** An id for something that is to be done once. */
export function newId(): string {
  return uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}
