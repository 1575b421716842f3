import { hydrate, type JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { MonitorView } from "../../components/market/monitor_view.tsx";
import { type MonitorFilter, MonitorModel } from "../../lib/market/client/monitor_model.ts";
import { rowFreshness } from "../../lib/market/client/monitor_rows.ts";
import { formatAge } from "../../lib/market/format.ts";
import type { MonitorData } from "../../lib/market/monitor.ts";
import { followVisible } from "./visible_rows.ts";
import "../texts.ts";

interface Props {
  data: MonitorData;
  filter: MonitorFilter;
}

/** The monitor: as the server rendered it, then live. */
function LiveMonitor({ data, filter, element }: Props & { element: HTMLElement }): JSX.Element {
  const [isReady, setReady] = useState(false);
  const model = useMemo(() => new MonitorModel(data, filter), []);
  useEffect(() => {
    setReady(true);
    return model.start();
  }, []);
  const rows = model.rows.value;
  // Rows that came later have to be looked for as well.
  useEffect(() => followVisible(element, (keys) => model.follow(keys)), [rows.length]);
  if (!isReady) return <MonitorView data={data} />;
  const now = model.nowMs.value;
  const lags = model.browserLags.value;
  const charts = Object.fromEntries(
    Object.entries(model.readings.value).map(([exchange, readings]) => [
      exchange,
      { ...readings, ...lags[exchange] ?? { p50_ms: null, p99_ms: null } },
    ]),
  );
  return (
    <MonitorView
      data={model.data.value ?? data}
      charts={charts}
      isOld={model.isOld.value}
      rows={rows.map((row) => ({
        ...row,
        age: rowFreshness(row, now),
        ...row.heardMs > 0 ? { ageText: formatAge(now - row.heardMs) } : {},
      }))}
    />
  );
}

/** Brings the monitor to life. */
export function monitor(element: HTMLElement, props: Props): void {
  hydrate(<LiveMonitor {...props} element={element} />, element);
}

// This page loads no other module.
export { mount as feed_status } from "./feed_status.tsx";
export { pageConnection } from "../../lib/realtime/client/connection.ts";
