import type { JSX } from "preact";
import { formatMoney } from "../../lib/pools/format.ts";
import type { TipTerms } from "../../lib/rooms/answers.ts";
import { useTexts } from "../layout/texts.ts";
import { MESSAGE_LENGTH_MAX } from "./room_state.ts";
import { COIN, Glyph } from "./room_icons.tsx";
import { roomPath } from "./room_state.ts";

/** Amounts one need not type. */
const USUAL_AMOUNTS = ["2", "5", "10", "25"];

/** How sending went. */
export interface TipStatus {
  phase: "idle" | "sending" | "done" | "failed";
  /** What is said of it. */
  text: string;
}

export interface TipFormProps {
  streamId: string;
  clientId: string;
  terms: TipTerms | null;
  status?: TipStatus;
  /** Without it the browser sends the form itself. */
  onSend?: (form: HTMLFormElement) => void;
}

/** Gives the streamer money from one's wallet. */
export function TipForm({ streamId, clientId, terms, status, onSend }: TipFormProps): JSX.Element {
  const { t } = useTexts();
  const euros = (amount: string) => formatMoney(amount, "EUR") ?? amount;
  const { phase, text } = status ?? { phase: "idle", text: "" };
  return (
    <form
      class="form tip-form"
      action={`${roomPath(streamId)}/tips`}
      method="post"
      onSubmit={onSend && ((event) => {
        event.preventDefault();
        onSend(event.currentTarget);
      })}
    >
      <input type="hidden" name="client_id" value={clientId} />
      {onSend && (
        <div class="tip-usual">
          {USUAL_AMOUNTS.map((amount) => (
            <button key={amount} type="button" class="button secondary" onClick={fillIn}>{`€${amount}`}</button>
          ))}
        </div>
      )}
      <label class="field">
        <span class="field-label">{t("room.tip_amount")}</span>
        <input
          type="text"
          name="amount"
          inputMode="decimal"
          maxLength={16}
          required
          autocomplete="off"
          defaultValue={USUAL_AMOUNTS[1]}
        />
      </label>
      <label class="field">
        <span class="field-label">{t("room.tip_message")}</span>
        <input type="text" name="message" maxLength={MESSAGE_LENGTH_MAX} autocomplete="off" />
      </label>
      {terms !== null && (
        <p class="field-hint">
          {t("room.tip_terms", {
            fee: terms.fee_percent,
            minimum: euros(terms.minimum_eur),
            maximum: euros(terms.maximum_eur),
          })}
        </p>
      )}
      <p class={`tip-status ${phase}`} role="status">{text}</p>
      <button type="submit" class="button tip" disabled={phase === "sending"}>
        <Glyph d={COIN} />
        {t(phase === "sending" ? "room.tip_sending" : phase === "failed" ? "room.tip_again" : "room.tip_send")}
      </button>
    </form>
  );
}

function fillIn({ currentTarget }: { currentTarget: HTMLButtonElement }): void {
  const input = currentTarget.form?.elements.namedItem("amount");
  if (input instanceof HTMLInputElement) input.value = (currentTarget.textContent ?? "").slice(1);
}
