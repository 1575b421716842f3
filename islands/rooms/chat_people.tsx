import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { PeoplePanel, type PersonChoice, type RoomPerson } from "../../components/rooms/people_panel.tsx";
import { whileSeen } from "../../lib/realtime/client/while_seen.ts";
import type { RoomViewers } from "../../lib/rooms/answers.ts";
import type { ChatModel } from "../../lib/rooms/client/chat_model.ts";
import { callRoom } from "../../lib/rooms/client/room_api.ts";
import { AUDIENCE_EVERY_ms, RoomAudience } from "../../lib/rooms/client/room_audience.ts";
import type { RoomMe, StreamObject } from "../../lib/rooms/shapes.ts";
import { BanQuestion, MuteQuestion } from "./questions.tsx";
import { refusalText } from "./refusal_text.ts";

export interface LivePeopleProps {
  model: ChatModel;
  stream: StreamObject;
  me: RoomMe;
  /** Who was there when the page was made. */
  first: RoomViewers | null;
}

/** Who is there, read anew while one looks; moderators act from here. */
export function LivePeople({ model, stream, me, first }: LivePeopleProps): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const audience = useMemo(() => new RoomAudience(callRoom, stream.stream_id, first), []);
  const asked = useSignal<{ choice: PersonChoice; person: RoomPerson } | null>(null);
  const done = useSignal("");
  useEffect(() => {
    void audience.refresh();
    return whileSeen(() => audience.refresh(), AUDIENCE_EVERY_ms);
  }, []);
  const finish = async (acted: Promise<boolean>, said: string) => {
    asked.value = null;
    const isDone = await acted;
    const { value: refusal } = model.refusal;
    done.value = isDone ? said : refusal ? refusalText(texts, refusal) : "";
    if (isDone) await audience.refresh();
  };
  const onAct = (choice: PersonChoice, person: RoomPerson) => {
    const { userId, username: name } = person;
    done.value = "";
    if (choice === "unmute") void finish(model.mute(userId, 0), t("room.did_unmute", { name }));
    else asked.value = { choice, person };
  };
  const { choice, person } = asked.value ?? {};
  const name = person?.username ?? "";
  const userId = person?.userId ?? "";
  const onCancel = () => asked.value = null;
  return (
    <PeoplePanel
      stream={stream}
      viewers={audience.viewers.value}
      messages={model.log.value.messages}
      reader={model.start.reader}
      role={me.role}
      onAct={model.isModerator ? onAct : undefined}
      done={done.value}
      question={!choice ? null : {
        userId,
        content: choice === "ban"
          ? (
            <BanQuestion
              name={name}
              onBan={() => void finish(model.ban(userId), t("room.did_ban", { name }))}
              onCancel={onCancel}
            />
          )
          : (
            <MuteQuestion
              name={name}
              onMute={(seconds) => void finish(model.mute(userId, seconds), t("room.did_mute", { name }))}
              onCancel={onCancel}
            />
          ),
      }}
    />
  );
}
