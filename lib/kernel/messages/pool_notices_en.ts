/** What pools tell those who have money in them, in English. */
export const POOL_NOTICES_EN = {
  "pool_notice.investment_queued": "You invested {amount} in {pool}; units are bought at its next settlement.",
  "pool_notice.investment_settled": "Your {amount} bought units of {pool}.",
  "pool_notice.redemption_queued": "You asked to redeem {units} units of {pool}.",
  "pool_notice.redemption_settled": "{pool} paid {amount} into your wallet for what you redeemed.",
  "pool_notice.request_cancelled": "Your request to {pool} was cancelled.",
  "pool_notice.request_refused": "{pool} did not take your {amount}; they are back in your wallet.",
  "pool_notice.refused_kyc":
    "{pool} did not take your {amount}: your identity is not verified any more. They are back in your wallet.",
  "pool_notice.refused_small":
    "{pool} did not take your {amount}: they buy no part of a unit. They are back in your wallet.",
  "pool_notice.manager_changed":
    "{to} manages {pool} in place of {from}, and is paid its fees from settlement {cycle} on.",
  "pool_notice.fee_charged": "{pool} charged {amount} on new profit.",
  "pool_notice.fee_received": "You received the manager’s fee of {pool}: {amount}",
  "pool_notice.fee_announced": "From settlement {cycle} on, {pool} charges {to} % of new profit, not {from} %.",
  "pool_notice.pool_paused": "{pool} is paused.",
  "pool_notice.pool_resumed": "{pool} goes on.",
  "pool_notice.pool_closed": "{pool} closes; everything is paid out.",
  "pool_notice.pool_wiped": "{pool} has lost everything, and closes.",
  "pool_notice.settlement_failing": "{pool} cannot be settled: look at its adapter.",
} as const;
