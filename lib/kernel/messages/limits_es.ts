import type { LIMITS_EN } from "./limits_en.ts";

/** Limits in Spanish. */
export const LIMITS_ES = {
  "limits.title": "Límites",
  "limits.lead":
    "Lo que se permite como máximo. Un límite más estricto vale enseguida, uno más amplio pasadas 24 horas.",
  "limits.order_eur_max": "Tamaño de una orden",
  "limits.order_eur_max_hint": "Lo que puede valer una orden, en euros.",
  "limits.positions_max": "Posiciones abiertas",
  "limits.positions_max_hint": "Cuántas posiciones pueden estar abiertas a la vez.",
  "limits.daily_loss_eur_max": "Pérdida por día",
  "limits.daily_loss_eur_max_hint": "Tras esta pérdida en euros no se abre ninguna posición hasta el día siguiente.",
  "limits.cooldown_s": "Pausa tras una pérdida",
  "limits.cooldown_s_hint": "Segundos sin abrir posiciones después de cerrar una con pérdida.",
  "limits.withdrawal_eur_per_day_max": "Retiradas por día",
  "limits.withdrawal_eur_per_day_max_hint": "Lo que puede salir en un día, en euros.",
  "limits.bound_lower": "Como máximo {value}",
  "limits.bound_higher": "Como mínimo {value}",
  "limits.own_bound": "Fijado para usted por un administrador.",
  "limits.now": "Ahora",
  "limits.pending": "Desde el {date}",
  "limits.default": "Por defecto",
  "limits.new_value": "Valor nuevo: {name}",
  "limits.change": "Cambiar",
  "limits.keep": "Mantener {value}",
  "limits.saved": "El límite vale desde ahora.",
  "limits.saved_later": "El límite más amplio valdrá dentro de 24 horas.",
  "limits.notice_loosening": "Se pidió un límite más amplio, que valdrá dentro de 24 horas: {name}",
  "limits.notice_ceiling": "Un administrador cambió lo que puede elegir: {name}",
} satisfies Record<keyof typeof LIMITS_EN, string>;
