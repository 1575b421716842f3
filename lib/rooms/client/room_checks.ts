import { type Timeframe, TIMEFRAMES } from "../../market/timeframe.ts";
import type { Drawing, MessageObject, RoomMessage, SharedView } from "../shapes.ts";

// By hand: the schemas' library is larger than a page's whole script may be.

type Fields = Record<string, unknown>;

/** An object's fields; none for whatever else came. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

/** Whether a payload is a message with all that is shown of it. */
export function isMessage(value: unknown): value is MessageObject {
  const { message_id, message, message_type, username, created_at, data } = fieldsOf(value);
  return typeof message_id === "string" && typeof message === "string" && typeof message_type === "string" &&
    (username === null || typeof username === "string") && typeof created_at === "string" && typeof data === "object" &&
    data !== null;
}

/** The lines of a page of history; what is neither a message nor a gap is left out. */
export function readLines(items: unknown): RoomMessage[] {
  return Array.isArray(items)
    ? items.filter((item): item is RoomMessage =>
      isMessage(item) || (fieldsOf(item).removed === true && typeof fieldsOf(item).message_id === "string")
    )
    : [];
}

/** The chart of a `view` event; null for what cannot be drawn. */
export function readView(value: unknown): SharedView | null {
  const { exchange, symbol, timeframe, range, drawings } = fieldsOf(value);
  if (typeof exchange !== "string" || typeof symbol !== "string" || !TIMEFRAMES.includes(timeframe as Timeframe)) {
    return null;
  }
  const { from, to } = fieldsOf(range);
  const isStretch = typeof from === "number" && typeof to === "number" && from < to;
  return {
    exchange,
    symbol,
    timeframe: timeframe as Timeframe,
    range: isStretch ? { from, to } : null,
    drawings: Array.isArray(drawings) ? drawings.filter(isDrawing) : [],
  };
}

function isDrawing(value: unknown): value is Drawing {
  const { id, kind, points, text } = fieldsOf(value);
  const isPoint = (point: unknown) => {
    const { t, p } = fieldsOf(point);
    return typeof t === "number" && Number(p) > 0;
  };
  return typeof id === "string" && typeof text === "string" && Array.isArray(points) && points.every(isPoint) &&
    (kind === "trend" ? points.length === 2 : (kind === "level" || kind === "note") && points.length === 1);
}
