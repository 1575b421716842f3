import type { JSX } from "preact";
import type { ChatAct } from "../../components/rooms/chat_line.tsx";
import { BanQuestion, MuteQuestion, ReportQuestion } from "./questions.tsx";

// What a room needs once somebody asks for it, or draws: one module, for several would share more pieces.
export { DrawingsPrimitive } from "../studio/drawings_primitive.ts";
export { LiveFind } from "./chat_find.tsx";
export { LivePeople } from "./chat_people.tsx";
export { LiveTip } from "./live_tip.tsx";

/** What has to be chosen before something is done about a message. */
export function ActQuestion({ act, name, onMute, onBan, onReport, onCancel }: {
  act: ChatAct;
  name: string;
  onMute: (seconds: number) => void;
  onBan: () => void;
  onReport: (reason: string) => void;
  onCancel: () => void;
}): JSX.Element {
  if (act === "ban") return <BanQuestion name={name} onBan={onBan} onCancel={onCancel} />;
  if (act === "mute") return <MuteQuestion name={name} onMute={onMute} onCancel={onCancel} />;
  return <ReportQuestion onReport={onReport} onCancel={onCancel} />;
}
