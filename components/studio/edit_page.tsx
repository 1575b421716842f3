import type { JSX } from "preact";
import type { StreamObject } from "../../lib/rooms/shapes.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { useTexts } from "../layout/texts.ts";
import { studioPath } from "./room_text.ts";
import { StreamForm, type StreamFormProps } from "./stream_form.tsx";

export interface EditPageProps extends Said {
  stream: StreamObject;
  form: Omit<StreamFormProps, "action" | "stage">;
}

const STAGES = { SCHEDULED: "scheduled", LIVE: "live", ENDED: "ended" } as const;

/** What the streamer says of a stream that is there. */
export function EditPage({ stream, form, ...said }: EditPageProps): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="studio-home edit-page">
      <SessionGuard />
      <Notices {...said} />
      <section class="panel" aria-labelledby="edit">
        <div class="panel-head">
          <h1 id="edit">{stream.title}</h1>
          <a class="panel-note" href={studioPath(stream)}>{t("studio.back")}</a>
        </div>
        <StreamForm {...form} action={`${studioPath(stream)}/edit`} stage={STAGES[stream.status]} />
      </section>
    </div>
  );
}
