import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";

/** A part of the page whose script comes once somebody asks for it. */
export function Later<Module>({ load, children }: {
  load: () => Promise<Module>;
  children: (module: Module) => JSX.Element;
}): JSX.Element {
  const { t } = useTexts();
  const [part, setPart] = useState<{ module: Module | null } | null>(null);
  useEffect(() => {
    let isGone = false;
    load().catch(() => null).then((module) => {
      if (!isGone) setPart({ module });
    });
    return () => {
      isGone = true;
    };
  }, []);
  if (part?.module) return children(part.module);
  return <div class="later" role="status">{part === null ? "" : t("room.lost")}</div>;
}
