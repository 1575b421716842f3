import { useSignal } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { RoomVideo, type RoomVideoProps } from "../../components/rooms/room_video.tsx";
import { playWhep, type WhepState } from "../../lib/rooms/client/whep.ts";
import "../texts.ts";

/** The video, once its viewer asks for it. */
function LiveVideo({ url }: RoomVideoProps): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const state = useSignal<WhepState>("ended");
  const stop = useRef<() => void>(() => {});
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    setReady(true);
    return () => stop.current();
  }, []);
  const play = () => {
    stop.current = playWhep(
      { createConnection: () => new RTCPeerConnection(), fetch: (input, init) => fetch(input, init) },
      url,
      (media) => {
        if (video.current) video.current.srcObject = media;
      },
      (next) => state.value = next,
    );
  };
  if (!isReady) return <RoomVideo url={url} />;
  return (
    <RoomVideo url={url} state={state.value} onPlay={play} onStop={() => stop.current()}>
      <video ref={video} autoplay playsInline controls />
    </RoomVideo>
  );
}

/** Brings a room's video to life: by itself, for most rooms have none. */
export function room_video(element: HTMLElement, props: RoomVideoProps): void {
  hydrate(<LiveVideo {...props} />, element);
}
