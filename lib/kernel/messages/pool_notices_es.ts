import type { POOL_NOTICES_EN } from "./pool_notices_en.ts";

/** What pools tell those who have money in them, in Spanish. */
export const POOL_NOTICES_ES = {
  "pool_notice.investment_queued":
    "Invirtió {amount} en {pool}; las participaciones se compran en su próxima liquidación.",
  "pool_notice.investment_settled": "Sus {amount} compraron participaciones de {pool}.",
  "pool_notice.redemption_queued": "Pidió el reembolso de {units} participaciones de {pool}.",
  "pool_notice.redemption_settled": "{pool} abonó {amount} en su monedero por su reembolso.",
  "pool_notice.request_cancelled": "Su solicitud a {pool} se canceló.",
  "pool_notice.request_refused": "{pool} no aceptó sus {amount}; están de nuevo en su monedero.",
  "pool_notice.refused_kyc":
    "{pool} no aceptó sus {amount}: su identidad ya no está verificada. Están de nuevo en su monedero.",
  "pool_notice.refused_small":
    "{pool} no aceptó sus {amount}: no alcanzan para ninguna fracción. Están de nuevo en su monedero.",
  "pool_notice.manager_changed":
    "{to} gestiona {pool} en lugar de {from} y recibe sus comisiones desde la liquidación {cycle}.",
  "pool_notice.fee_charged": "{pool} cobró {amount} sobre la nueva ganancia.",
  "pool_notice.fee_received": "Recibió la comisión de gestión de {pool}: {amount}",
  "pool_notice.fee_announced":
    "Desde la liquidación {cycle}, {pool} cobra el {to} % de la nueva ganancia, no el {from} %.",
  "pool_notice.pool_paused": "{pool} está en pausa.",
  "pool_notice.pool_resumed": "{pool} continúa.",
  "pool_notice.pool_closed": "{pool} cierra; todo se reembolsa.",
  "pool_notice.pool_wiped": "{pool} lo ha perdido todo y cierra.",
  "pool_notice.settlement_failing": "{pool} no se puede liquidar: revise su adaptador.",
} satisfies Record<keyof typeof POOL_NOTICES_EN, string>;
