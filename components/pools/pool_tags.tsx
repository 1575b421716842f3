import type { JSX } from "preact";
import type { Pool } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";

/** How a pool trades and what. */
export function PoolTags({ pool }: { pool: Pick<Pool, "adapter" | "symbol" | "visibility"> }): JSX.Element {
  const { t } = useTexts();
  return (
    <>
      <span class="pool-tag">{adapterText(t, pool.adapter)}</span>
      {pool.symbol !== null && <span class="pool-tag">{pool.symbol.replace("-", "/")}</span>}
      {pool.visibility === "private" && <span class="pool-tag">{t("pool.private")}</span>}
    </>
  );
}

/** Where a pool is in its life, when that matters to who looks. */
export function StatusTag({ pool: { status } }: { pool: Pick<Pool, "status"> }): JSX.Element | null {
  const { t } = useTexts();
  if (status === "running" || status === "open") return null;
  return <span class={`pool-tag status-${status}`}>{t(`pool.status_${status}`)}</span>;
}

/** What trades for a pool. */
export function adapterText(t: ReturnType<typeof useTexts>["t"], adapter: string): string {
  return adapter === "simulated" ? t("pool.adapter_simulated") : t("pool.adapter_module");
}
