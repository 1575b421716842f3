import { effect } from "@preact/signals";
import { type JSX, render } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import type { ShareProps, StudioProps } from "../../components/studio/desk_page.tsx";
import { durationText } from "../../components/studio/room_text.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";
import { callRoom } from "../../lib/rooms/client/room_api.ts";
import { ShareModel } from "../../lib/rooms/client/share_model.ts";
import { StudioModel } from "../../lib/rooms/client/studio_model.ts";
import type { StreamDetail } from "../../lib/rooms/answers.ts";
import { LiveChat } from "../rooms/chat.tsx";
import { startClock } from "../rooms/clock.ts";
import { Later } from "../rooms/later.tsx";
import { newId } from "../rooms/new_id.ts";
import { SharePanel } from "./share_panel.tsx";
import { SoftParts } from "./soft_parts.ts";
import "../texts.ts";

/** The clock of the stream moves this often. */
const TICK_ms = 1_000;

/** What of the desk is drawn in the browser: warnings, the video and the chart. */
function Studio({ model, streamId, share }: { model: StudioModel; streamId: string; share: ShareProps | null }) {
  const { t } = useTexts();
  return (
    <>
      {model.hasEnded.value && <p class="alert" role="alert">{t("studio_live.ended")}</p>}
      {model.isSilent.value && !model.hasEnded.value && <p class="alert" role="alert">{t("studio_live.offline")}</p>}
      {share && !model.hasEnded.value && <Share streamId={streamId} share={share} />}
    </>
  );
}

function Share({ streamId, share }: { streamId: string; share: ShareProps }): JSX.Element {
  const model = useMemo(
    () => new ShareModel({ streamId, ...share }, { call: callRoom, newId, nowMs: Date.now }),
    [],
  );
  useEffect(() => model.start(), []);
  return (
    <>
      {share.whipUrl !== null && <Video url={share.whipUrl} />}
      <SharePanel share={model} markets={share.markets} />
    </>
  );
}

/** Few streams have a video: the others' pages load nothing of it. */
function Video({ url }: { url: string }): JSX.Element {
  return <Later load={() => import("./video_panel.tsx")}>{({ VideoPanel }) => <VideoPanel url={url} />}</Later>;
}

/** Keeps the figures that the server rendered up to date, wherever they stand now. */
function showFigures(model: StudioModel, startedMs: number): () => void {
  const put = (name: string, text: string | null | undefined) => {
    if (text === null || text === undefined) return;
    for (const element of document.querySelectorAll(`[data-live="${name}"]`)) element.textContent = text;
  };
  const stop = effect(() => {
    put("viewers", model.viewers.value?.toString());
    put("peak", model.peak.value.toString());
  });
  const timer = setInterval(() => {
    if (!model.hasEnded.peek()) put("duration", durationText((Date.now() - startedMs) / 1_000));
  }, TICK_ms);
  return () => {
    stop();
    clearInterval(timer);
  };
}

/** The room's chat, with what moderators do in it. */
function Chat({ model, detail }: { model: StudioModel; detail: StreamDetail }): JSX.Element {
  const { stream, me } = detail;
  const status = model.hasEnded.value ? "ENDED" : stream.status;
  return <LiveChat model={model.chat} stream={{ ...stream, status }} me={me} />;
}

/** Draws in the browser what the server rendered for pages without a script. */
function draw(element: HTMLElement | null, part: JSX.Element): void {
  if (!element) return;
  element.replaceChildren();
  render(part, element);
}

/** Brings the desk to life. */
export function studio(element: HTMLElement, { detail, reader, page, nowMs, share }: StudioProps): void {
  const { stream, topic, me } = detail;
  const { stream_id: streamId, settings } = stream;
  const isOwner = me.role === "streamer";
  const parts = new SoftParts();
  const chat = { streamId, reader, role: me.role, mutedUntil: me.muted_until, settings, page };
  const model = new StudioModel({ streamId, topic, isOwner, peak: stream.peak_viewers, chat }, {
    call: callRoom,
    nowMs: Date.now,
    newId,
    random: Math.random,
    subscribe: (name, event, listener) => pageConnection().subscribe(name, event, listener),
    onStale: () => void parts.renew(),
  });
  model.start();
  parts.start();
  startClock();
  // The stream began by the server's clock.
  const offset_ms = nowMs - Date.now();
  if (topic !== null && stream.started_at !== null) showFigures(model, Date.parse(stream.started_at) - offset_ms);
  effect(() => {
    if (pageConnection().phase.value === "reconnecting") model.lost();
    else model.back();
  });
  draw(element, <Studio model={model} streamId={streamId} share={share} />);
  draw(document.getElementById("studio-chat"), <Chat model={model} detail={detail} />);
}

// So that the page need not load the lists' module for its status bar.
export { mount as feed_status } from "../market/feed_status.tsx";
export { pageConnection } from "../../lib/realtime/client/connection.ts";
