import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { type WhipFailure, WhipSession, type WhipState } from "../../lib/rooms/client/whip.ts";

/** Characters a media server's token may have. */
const TOKEN_LENGTH_MAX = 4_000;

type Status = "off" | "connecting" | "live" | "denied" | WhipFailure;

interface Publication {
  session: WhipSession;
  media: MediaStream;
}

/** Publishes the camera or the screen to a media server, which viewers play from. */
export function VideoPanel({ url }: { url: string }): JSX.Element {
  const { t } = useTexts();
  const status = useSignal<Status>("off");
  const token = useSignal("");
  const running = useSignal<Publication | null>(null);
  const stop = () => {
    running.value = stopPublication(running.peek());
  };
  useEffect(() => {
    addEventListener("pagehide", stop);
    return () => {
      removeEventListener("pagehide", stop);
      stop();
    };
  }, []);
  const publish = async (open: () => Promise<MediaStream>) => {
    stop();
    status.value = "connecting";
    const media = await open().catch(() => null);
    if (media === null) {
      status.value = "denied";
      return;
    }
    // The browser's own button ends a shared screen.
    for (const track of media.getVideoTracks()) track.addEventListener("ended", stop);
    running.value = startPublication(url, token.value, media, {
      onState: (state) => {
        if (state !== "ended") status.value = state;
        else if (status.value === "live" || status.value === "connecting") status.value = "off";
      },
      onFailure: (failure) => {
        status.value = failure;
        stop();
      },
    });
  };
  const isOn = running.value !== null || status.value === "connecting";
  return (
    <section class="panel video-panel">
      <Preview media={running.value?.media ?? null} />
      <div class="video-tools">
        <p class={`video-state ${status.value}`} role="status" data-video={status.value}>
          {t(`studio_live.video_${status.value}`)}
        </p>
        {isOn
          ? <button type="button" class="button outline danger" onClick={stop}>{t("studio_live.stop_video")}</button>
          : (
            <>
              <button type="button" class="button secondary" onClick={() => void publish(openCamera)}>
                {t("studio_live.camera")}
              </button>
              <button type="button" class="button secondary" onClick={() => void publish(openScreen)}>
                {t("studio_live.screen")}
              </button>
            </>
          )}
      </div>
      {!isOn && (
        <label class="field video-token">
          <span class="field-label">{t("studio_live.token")}</span>
          <input
            type="password"
            maxLength={TOKEN_LENGTH_MAX}
            autocomplete="off"
            value={token.value}
            onInput={(event) => token.value = event.currentTarget.value}
          />
        </label>
      )}
    </section>
  );
}

/** What is published, silent: whoever streams hears it already. */
function Preview({ media }: { media: MediaStream | null }): JSX.Element | null {
  const { t } = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = media;
  }, [media]);
  return media && <video ref={video} muted autoplay playsInline aria-label={t("studio_live.preview")} />;
}

function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: true });
}

function openScreen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
}

function startPublication(
  url: string,
  token: string,
  media: MediaStream,
  heard: { onState(state: WhipState): void; onFailure(failure: WhipFailure): void },
): Publication {
  const port = { createConnection: () => new RTCPeerConnection(), fetch: fetch.bind(globalThis) };
  return { session: WhipSession.start(port, { url, token, media, ...heard }), media };
}

function stopPublication(publication: Publication | null): null {
  void publication?.session.stop();
  for (const track of publication?.media.getTracks() ?? []) track.stop();
  return null;
}
