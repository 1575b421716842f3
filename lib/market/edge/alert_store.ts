import type { Rpc } from "../../kernel/edge/supabase.ts";
import { type Alert, alertSchema, type AlertsPage, alertsPageSchema } from "../alert_shapes.ts";
import type { AlertCondition } from "../alerts.ts";

/** What an alert is made of; see {@link Alert}. */
export interface NewAlert {
  clientId: string;
  exchange: string;
  symbol: string;
  condition: AlertCondition;
  value: string;
  timeframe: string | null;
  indicator: string | null;
  note: string;
  repeatAfterS: number | null;
}

/** Alerts of the caller, through the SQL functions made for them. Every method refuses as {@link Rpc.call} does. */
export class AlertStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** The caller's alerts, of one market where that is named. */
  async list(accessToken: string, exchange: string | null, symbol: string | null): Promise<AlertsPage> {
    const args = { p_exchange: exchange, p_symbol: symbol };
    return alertsPageSchema.parse(await this.#rpc.call("alerts_page", args, { accessToken }));
  }

  /** Makes an alert; the same `clientId` again gives the same one. */
  async create(accessToken: string, alert: NewAlert): Promise<Alert> {
    const args = {
      p_client_id: alert.clientId,
      p_exchange: alert.exchange,
      p_symbol: alert.symbol,
      p_condition: alert.condition,
      p_value: alert.value,
      p_timeframe: alert.timeframe,
      p_indicator: alert.indicator,
      p_note: alert.note,
      p_repeat_after_s: alert.repeatAfterS,
    };
    return alertSchema.parse(await this.#rpc.call("create_alert", args, { accessToken }));
  }

  /** Pauses an alert, or arms it (again). */
  async setState(accessToken: string, id: string, state: "active" | "paused"): Promise<Alert> {
    return alertSchema.parse(await this.#rpc.call("set_alert_state", { p_id: id, p_state: state }, { accessToken }));
  }

  async delete(accessToken: string, id: string): Promise<void> {
    await this.#rpc.call("delete_alert", { p_id: id }, { accessToken });
  }
}
