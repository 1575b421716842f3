import type { LAYOUT_EN } from "./layout_en.ts";

/** The frame of every page and the error page, in French. */
export const LAYOUT_FR = {
  "layout.skip": "Aller au contenu",
  "layout.home": "Outcry, accueil",
  "layout.main_nav": "Navigation principale",
  "layout.markets": "Marchés",
  "layout.search_markets": "Chercher un marché",
  "layout.sign_in": "Se connecter",
  "layout.sign_out": "Se déconnecter",
  "layout.account_of": "Compte de {name}",
  "layout.signed_in_as": "Connecté en tant que",
  "layout.mode": "Mode",
  "layout.local": "LOCAL",
  "layout.simulated": "Marché simulé, comptes de démo.",
  "layout.not_real": "Rien ici n’est de l’argent réel.",
  "layout.live_data": "Données de marché en direct. Heures en {zone}.",
  "layout.preferences": "Langue, thème et fuseau horaire",
  "layout.language": "Langue",
  "layout.theme": "Thème",
  "layout.time_zone": "Fuseau horaire",
  "layout.theme_dark": "Sombre",
  "layout.theme_light": "Clair",
  "layout.theme_contrast": "Contraste élevé",
  "error.code": "Code",
  "error.see_markets": "Voir tous les marchés",
  "error.home": "Aller à la page d’accueil",
} satisfies Record<keyof typeof LAYOUT_EN, string>;
