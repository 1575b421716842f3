import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useTexts } from "../../components/layout/texts.ts";
import { roomPath, type RoomState } from "../../components/rooms/room_state.ts";
import { TipForm, type TipStatus } from "../../components/rooms/tip_form.tsx";
import { formatMoney } from "../../lib/pools/format.ts";
import type { RoomModel } from "../../lib/rooms/client/room_model.ts";
import { newId } from "./new_id.ts";
import { refusalText } from "./refusal_text.ts";

/** The form for tips: sent again after a lost answer, it tips once. */
export function LiveTip({ state, model }: { state: RoomState; model: RoomModel }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const clientId = useSignal(state.tipId);
  const status = useSignal<TipStatus>({ phase: "idle", text: "" });
  const send = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const amount = String(fields.get("amount")).trim().replace(",", ".");
    status.value = { phase: "sending", text: "" };
    const answer = await model.tip(clientId.value, amount, String(fields.get("message")).trim());
    if (!answer.ok && answer.code === "insufficient_aal") {
      const next = roomPath(state.detail.stream.stream_id);
      return location.assign(`/step-up?${new URLSearchParams({ next })}`);
    }
    if (!answer.ok) {
      const text = answer.code === "lost" ? t("room.tip_lost") : refusalText(texts, answer);
      status.value = { phase: "failed", text };
      return;
    }
    clientId.value = newId();
    form.reset();
    status.value = { phase: "done", text: t("room.tip_done", { amount: formatMoney(amount, "EUR") ?? amount }) };
  };
  return (
    <TipForm
      streamId={state.detail.stream.stream_id}
      clientId={clientId.value}
      terms={state.terms}
      status={status.value}
      onSend={(form) => void send(form)}
    />
  );
}
