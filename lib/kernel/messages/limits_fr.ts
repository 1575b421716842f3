import type { LIMITS_EN } from "./limits_en.ts";

/** Limits in French. */
export const LIMITS_FR = {
  "limits.title": "Limites",
  "limits.lead":
    "Ce que vous vous permettez au plus. Une limite plus stricte vaut aussitôt, une plus large après 24 heures.",
  "limits.order_eur_max": "Taille d’un ordre",
  "limits.order_eur_max_hint": "Ce qu’un ordre peut valoir, en euros.",
  "limits.positions_max": "Positions ouvertes",
  "limits.positions_max_hint": "Combien de positions peuvent être ouvertes à la fois.",
  "limits.daily_loss_eur_max": "Perte par jour",
  "limits.daily_loss_eur_max_hint": "Après cette perte en euros, plus aucune position ne s’ouvre avant le lendemain.",
  "limits.cooldown_s": "Pause après une perte",
  "limits.cooldown_s_hint": "Secondes sans nouvelle position après une position fermée à perte.",
  "limits.withdrawal_eur_per_day_max": "Retraits par jour",
  "limits.withdrawal_eur_per_day_max_hint": "Ce qui peut partir en un jour, en euros.",
  "limits.bound_lower": "Au plus {value}",
  "limits.bound_higher": "Au moins {value}",
  "limits.own_bound": "Fixé pour vous par un administrateur.",
  "limits.now": "Actuelle",
  "limits.pending": "Dès le {date}",
  "limits.default": "Par défaut",
  "limits.new_value": "Nouvelle valeur : {name}",
  "limits.change": "Modifier",
  "limits.keep": "Garder {value}",
  "limits.saved": "La limite vaut dès maintenant.",
  "limits.saved_later": "La limite plus large vaudra dans 24 heures.",
  "limits.notice_loosening": "Une limite plus large a été demandée et vaudra dans 24 heures : {name}",
  "limits.notice_ceiling": "Un administrateur a changé ce que vous pouvez choisir : {name}",
} satisfies Record<keyof typeof LIMITS_EN, string>;
