import type { LAYOUT_EN } from "./layout_en.ts";

/** The frame of every page and the error page, in Spanish. */
export const LAYOUT_ES = {
  "layout.skip": "Ir al contenido",
  "layout.home": "Outcry, inicio",
  "layout.main_nav": "Principal",
  "layout.markets": "Mercados",
  "layout.search_markets": "Buscar mercados",
  "layout.sign_in": "Iniciar sesión",
  "layout.sign_out": "Cerrar sesión",
  "layout.account_of": "Cuenta de {name}",
  "layout.signed_in_as": "Sesión iniciada como",
  "layout.mode": "Modo",
  "layout.local": "LOCAL",
  "layout.simulated": "Mercado simulado, cuentas demo.",
  "layout.not_real": "Nada de esto es dinero real.",
  "layout.live_data": "Datos de mercado en directo. Horas en {zone}.",
  "layout.preferences": "Idioma, tema y zona horaria",
  "layout.language": "Idioma",
  "layout.theme": "Tema",
  "layout.time_zone": "Zona horaria",
  "layout.theme_dark": "Oscuro",
  "layout.theme_light": "Claro",
  "layout.theme_contrast": "Alto contraste",
  "error.code": "Código",
  "error.see_markets": "Ver todos los mercados",
  "error.home": "Ir a la página de inicio",
} satisfies Record<keyof typeof LAYOUT_EN, string>;
