import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";

/** What to do about a refused order, as a sentence and a place to go. */
export interface OrderHelp {
  text: string;
  link: { href: string; text: string } | null;
}

/** Says what to do about a refused order. */
export function OrderHelpLine({ help: { text, link } }: { help: OrderHelp }): JSX.Element {
  return (
    <p class="order-help">
      {text} {link !== null && <a href={link.href}>{link.text}</a>}
    </p>
  );
}

/** There is nothing to take out. */
export function NoLots(): JSX.Element {
  const { t } = useTexts();
  return <p class="quiet">{t("pools.no_lots")}</p>;
}
