import type { POOL_NOTICES_EN } from "./pool_notices_en.ts";

/** What pools tell those who have money in them, in French. */
export const POOL_NOTICES_FR = {
  "pool_notice.investment_queued":
    "Vous avez investi {amount} dans {pool} ; les parts seront achetées au prochain règlement.",
  "pool_notice.investment_settled": "Vos {amount} ont acheté des parts de {pool}.",
  "pool_notice.redemption_queued": "Vous avez demandé le rachat de {units} parts de {pool}.",
  "pool_notice.redemption_settled": "{pool} a versé {amount} dans votre portefeuille pour votre rachat.",
  "pool_notice.request_cancelled": "Votre demande auprès de {pool} a été annulée.",
  "pool_notice.request_refused": "{pool} n’a pas accepté vos {amount} ; ils sont de retour dans votre portefeuille.",
  "pool_notice.refused_kyc":
    "{pool} n’a pas accepté vos {amount} : votre identité n’est plus vérifiée. Ils sont de retour dans votre portefeuille.",
  "pool_notice.refused_small":
    "{pool} n’a pas accepté vos {amount} : ils n’achètent aucune fraction de part. Ils sont de retour dans votre portefeuille.",
  "pool_notice.manager_changed":
    "{to} gère {pool} à la place de {from}, et reçoit ses frais à partir du règlement {cycle}.",
  "pool_notice.fee_charged": "{pool} a prélevé {amount} sur le nouveau profit.",
  "pool_notice.fee_received": "Vous avez reçu les frais de gestion de {pool} : {amount}",
  "pool_notice.fee_announced":
    "À partir du règlement {cycle}, {pool} prélève {to} % du nouveau profit, au lieu de {from} %.",
  "pool_notice.pool_paused": "{pool} est en pause.",
  "pool_notice.pool_resumed": "{pool} reprend.",
  "pool_notice.pool_closed": "{pool} ferme ; tout est remboursé.",
  "pool_notice.pool_wiped": "{pool} a tout perdu et ferme.",
  "pool_notice.settlement_failing": "{pool} ne peut pas être réglé : vérifiez son adaptateur.",
} satisfies Record<keyof typeof POOL_NOTICES_EN, string>;
