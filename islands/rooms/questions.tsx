import type { ComponentChildren, JSX } from "preact";
import { type Texts, useTexts } from "../../components/layout/texts.ts";

const REASONS = ["spam", "abuse", "other"] as const;

/** Minutes somebody can be muted for. */
const MUTE_MINUTES = [1, 10, 60, 1_440];

/** Something to choose before anything is done. */
function Question({ text, onCancel, children }: {
  text: string;
  onCancel: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="chat-question" role="group" aria-label={text}>
      <p>{text}</p>
      {children}
      <button type="button" class="text-button" onClick={onCancel}>{t("room.cancel")}</button>
    </div>
  );
}

/** One of the answers. */
function Choice({ text, isGrave = false, onClick }: { text: string; isGrave?: boolean; onClick: () => void }) {
  return <button type="button" class={`button secondary ${isGrave ? "grave" : ""}`} onClick={onClick}>{text}</button>;
}

/** For how long somebody is to be silent. */
export function MuteQuestion({ name, onMute, onCancel }: {
  name: string;
  onMute: (seconds: number) => void;
  onCancel: () => void;
}): JSX.Element {
  const texts = useTexts();
  return (
    <Question text={texts.t("room.mute_for", { name })} onCancel={onCancel}>
      {MUTE_MINUTES.map((minutes) => (
        <Choice
          key={minutes}
          text={lengthText(texts, minutes)}
          onClick={() => onMute(minutes * 60)}
        />
      ))}
    </Question>
  );
}

/** Whether somebody is to go for good. */
export function BanQuestion({ name, onBan, onCancel }: {
  name: string;
  onBan: () => void;
  onCancel: () => void;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <Question text={t("room.ban_sure", { name })} onCancel={onCancel}>
      <Choice text={t("room.ban_yes")} isGrave onClick={onBan} />
    </Question>
  );
}

/** What is wrong with a message. */
export function ReportQuestion({ onReport, onCancel }: {
  onReport: (reason: string) => void;
  onCancel: () => void;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <Question text={t("room.report_why")} onCancel={onCancel}>
      {REASONS.map((reason) => (
        <Choice
          key={reason}
          text={t(`room.report_${reason}`)}
          onClick={() => onReport(reason)}
        />
      ))}
    </Question>
  );
}

function lengthText({ t }: Texts, minutes: number): string {
  return minutes < 60 ? t("room.minutes", { count: minutes }) : t("room.hours", { count: minutes / 60 });
}
