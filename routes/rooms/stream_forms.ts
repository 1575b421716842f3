import { z } from "zod";
import type { StreamDraft } from "../../components/studio/stream_form.tsx";
import { Refusal } from "../../lib/kernel/problem.ts";
import { compareDecimals } from "../../lib/market/format.ts";
import type { StreamTerms } from "../../lib/rooms/edge/room_store.ts";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { CATEGORIES } from "../../lib/rooms/categories.ts";
import { fromWallTime, wallTimeOf } from "../../lib/rooms/wall_time.ts";
import type { AppContext } from "../context.ts";
import type { Services } from "../services.ts";

/** Markets offered to tick. */
const OFFERED_MAX = 12;

/** Characters a field may have before the database judges it. */
const TEXT_LENGTH_MAX = 5_000;
const URL_LENGTH_MAX = 600;

const url = z.string().trim().max(URL_LENGTH_MAX).optional();

/** What the form about a stream sends; a stream that is over sends less. */
export const streamForm = z.object({
  client_id: z.uuid(),
  title: z.string().trim().max(TEXT_LENGTH_MAX),
  description: z.string().max(TEXT_LENGTH_MAX).default(""),
  category: z.string().max(40).optional(),
  visibility: z.enum(["public", "private"]),
  markets: z.string().max(TEXT_LENGTH_MAX).optional(),
  scheduled_for: z.string().max(40).optional(),
  whip_url: url,
  whep_url: url,
  recording_url: url,
  thumbnail_url: url,
  is_recording: z.literal("on").optional(),
  "market[]": z.array(z.string().max(100)).max(100).default([]),
});

/** See {@link streamForm}. */
export type StreamFields = z.infer<typeof streamForm>;

/**
 * What the fields mean; whether it can be used the database says.
 * @param isOpen whether the stream may still change in everything.
 * @throws Refusal `invalid_stream` for a time that is none.
 */
export function termsOf(
  fields: StreamFields,
  { isOpen, timeZone }: { isOpen: boolean; timeZone: string },
): StreamTerms {
  const { title, description, category, visibility, whip_url, whep_url, recording_url, thumbnail_url } = fields;
  const changing = {
    title,
    // Browsers send lines of a text with both characters.
    description: description.replaceAll("\r\n", "\n"),
    visibility,
    recording_url: recording_url || null,
    thumbnail_url: thumbnail_url || null,
  };
  if (!isOpen) return changing;
  return {
    ...changing,
    ...category === undefined ? {} : { category },
    ...fields.scheduled_for ? { scheduled_for: timeOf(fields.scheduled_for, timeZone) } : {},
    markets: marketsOf(fields),
    whip_url: whip_url || null,
    whep_url: whep_url || null,
    is_recording: fields.is_recording === "on",
  };
}

/** What the form held, to be shown once more. */
export function typedDraft(fields: StreamFields): StreamDraft {
  const { title, description, category = CATEGORIES[0], visibility, scheduled_for = "" } = fields;
  return {
    ...{ title, description, category, visibility },
    markets: marketsOf(fields),
    scheduledFor: scheduled_for,
    whipUrl: fields.whip_url ?? "",
    whepUrl: fields.whep_url ?? "",
    thumbnailUrl: fields.thumbnail_url ?? "",
    recordingUrl: fields.recording_url ?? "",
    isRecording: fields.is_recording === "on",
  };
}

/** Those ticked, then those written, each once. */
function marketsOf({ "market[]": ticked, markets = "" }: StreamFields): string[] {
  const written = markets.split(/[\s,;]+/).filter((each) => each !== "").map((each) => {
    const [exchange = "", symbol = ""] = each.split(":");
    return symbol === "" ? each : `${exchange.toLowerCase()}:${symbol.toUpperCase().replace("/", "-")}`;
  });
  return [...new Set([...ticked, ...written])];
}

function timeOf(text: string, timeZone: string): string {
  const at = fromWallTime(text, timeZone);
  if (at === null) throw new Refusal("invalid_stream", "The time is none of the calendar");
  return new Date(at).toISOString();
}

/** What the form about a stream that is there starts with. */
export function draftOf(stream: StreamObject, timeZone: string): StreamDraft {
  return {
    title: stream.title,
    description: stream.description,
    category: stream.category,
    markets: stream.markets,
    visibility: stream.visibility,
    scheduledFor: stream.scheduled_for === null ? "" : wallTimeOf(Date.parse(stream.scheduled_for), timeZone),
    whipUrl: stream.whip_url ?? "",
    whepUrl: stream.whep_url ?? "",
    thumbnailUrl: stream.thumbnail_url ?? "",
    recordingUrl: stream.recording_url ?? "",
    isRecording: stream.is_recording,
  };
}

/** The most traded markets of the default exchange, as rooms name them. A page does without where they cannot be read. */
export async function offeredMarkets(c: AppContext, { store, defaultExchange, logger }: Services): Promise<string[]> {
  try {
    const { items } = await store.symbolsPage({ exchange: defaultExchange, limit: 200 });
    return items.filter(({ active }) => active)
      .toSorted((a, b) => compareDecimals(b.ticker?.quote_volume_24h, a.ticker?.quote_volume_24h))
      .slice(0, OFFERED_MAX).map(({ exchange, symbol }) => `${exchange}:${symbol}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    logger.warn("The studio offers no markets", { request_id: c.get("requestId"), error });
    return [];
  }
}
