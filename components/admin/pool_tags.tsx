import type { JSX } from "preact";
import type { AdminPool } from "../../lib/admin/pools.ts";
import { useTexts } from "../layout/texts.ts";

const LOOKS: Readonly<Record<AdminPool["status"], string>> = {
  draft: "plain",
  open: "good",
  running: "good",
  paused: "late",
  settling: "plain",
  closed: "plain",
};

const ADAPTER_LOOKS: Readonly<Record<AdminPool["adapter_status"], string>> = {
  unknown: "plain",
  ok: "good",
  failing: "bad",
};

/** Where a pool is in its life. */
export function StatusTag({ pool: { status, closing } }: { pool: AdminPool }): JSX.Element {
  const { t } = useTexts();
  const isClosing = closing && status !== "closed";
  return (
    <span class={`tag ${isClosing ? "late" : LOOKS[status]}`}>
      {isClosing ? t("money.closing") : t(`money.status_${status}`)}
    </span>
  );
}

/** Whether a pool's trading adapter answers. */
export function AdapterTag({ pool: { adapter_status } }: { pool: AdminPool }): JSX.Element {
  const { t } = useTexts();
  return <span class={`tag ${ADAPTER_LOOKS[adapter_status]}`}>{t(`money.adapter_${adapter_status}`)}</span>;
}
