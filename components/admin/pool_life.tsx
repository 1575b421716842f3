import type { ComponentChildren, JSX } from "preact";
import { type AdminPool, POOL_REASON_LENGTH_MAX } from "../../lib/admin/pools.ts";
import { Field, Section } from "../accounts/parts.tsx";
import { useTexts } from "../layout/texts.ts";
import { AdminForm, type NewId } from "./admin_form.tsx";

/** The moves that a pool's state allows. What cannot be taken back is confirmed by a box that has to be ticked. */
export function PoolLife({ pool, newId }: { pool: AdminPool; newId: NewId }): JSX.Element {
  const { t } = useTexts();
  const { id, name, status, closing, cycle_now } = pool;
  const action = (move: string) => `/admin/pools/${id}/${move}`;
  const isRunning = status === "open" || status === "running" || status === "settling";
  return (
    <Section title={t("money.lifecycle")}>
      <ul class="rows">
        {status === "draft" && (
          <Move hint={t("money.open_hint")}>
            <AdminForm action={action("open")} step="fresh" newId={newId} className="plain-form">
              <button type="submit" class="button primary">{t("money.open")}</button>
            </AdminForm>
          </Move>
        )}
        {isRunning && (
          <Move hint={t("money.pause_hint")}>
            <AdminForm action={action("pause")} step="admin" newId={newId} className="inline-form">
              <Field
                label={t("money.pause_reason")}
                name="reason"
                required={false}
                maxLength={POOL_REASON_LENGTH_MAX}
                autocomplete="off"
              />
              <button type="submit" class="button outline">{t("money.pause")}</button>
            </AdminForm>
          </Move>
        )}
        {status === "paused" && (
          <Move hint={t("money.resume_hint")}>
            <AdminForm action={action("resume")} step="admin" newId={newId} className="plain-form">
              <button type="submit" class="button primary">{t("money.resume")}</button>
            </AdminForm>
          </Move>
        )}
        {isRunning && (
          <Move hint={t("money.force_hint")}>
            <Confirmed
              action={action("force-settlement")}
              label={t("money.force_confirm", { no: cycle_now?.no ?? 0 })}
              button={t("money.force")}
              newId={newId}
            />
          </Move>
        )}
        {(isRunning || status === "draft") && !closing && (
          <Move hint={t("money.close_hint")}>
            <Confirmed
              action={action("close")}
              label={t("money.close_confirm", { name })}
              button={t("money.close")}
              newId={newId}
              isDanger
            />
          </Move>
        )}
      </ul>
    </Section>
  );
}

function Move({ hint, children }: { hint: string; children: ComponentChildren }): JSX.Element {
  return (
    <li class="row move-row">
      <p class="quiet">{hint}</p>
      {children}
    </li>
  );
}

function Confirmed({ action, label, button, newId, isDanger = false }: {
  action: string;
  label: string;
  button: string;
  newId: NewId;
  isDanger?: boolean;
}): JSX.Element {
  return (
    <AdminForm action={action} step="fresh" newId={newId} className="confirm-form">
      <label class="check">
        <input type="checkbox" name="confirmed" value="true" required /> {label}
      </label>
      <button type="submit" class={`button outline ${isDanger ? "danger" : ""}`}>{button}</button>
    </AdminForm>
  );
}
