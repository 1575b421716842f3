import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { Pages } from "./admin_frame.tsx";

/** A column's head; `num` stands for figures, which are set to the right. */
export interface Column {
  text: string;
  num?: true;
}

export interface WaitingListProps<View extends string> {
  path: string;
  /** What the list is of, for whoever hears it. */
  title: string;
  /** Ways to look at it, what waits first: that one needs no word in the address. */
  views: readonly { view: View; text: string }[];
  view: View;
  columns: readonly Column[];
  /** Names the table for its style. */
  className?: string;
  /** Rows of the table. */
  rows: readonly JSX.Element[];
  /** What is said where there are none. */
  none: string;
  cursor: string | null;
  isFirst: boolean;
}

/** Something that waits for administrators, or was decided by them: views, table and pages. */
export function WaitingList<View extends string>(
  { path, title, views, view, columns, className = "", rows, none, cursor, isFirst }: WaitingListProps<View>,
): JSX.Element {
  const first = views[0]?.view;
  return (
    <>
      <nav class="asset-tabs" aria-label={title}>
        {views.map((each) => (
          <a
            key={each.view}
            href={each.view === first ? path : `${path}?status=${each.view}`}
            aria-current={each.view === view ? "true" : undefined}
          >
            {each.text}
          </a>
        ))}
      </nav>
      <section class="panel scroll-x">
        {rows.length === 0 ? <p class="empty">{none}</p> : (
          <table class={`table tall stacked ${className}`.trimEnd()}>
            <Heads columns={columns} />
            <tbody>{rows}</tbody>
          </table>
        )}
      </section>
      <Pages path={path} params={{ status: view === first ? "" : view }} cursor={cursor} isFirst={isFirst} />
    </>
  );
}

/** Columns' heads; the last column holds what can be done. */
function Heads({ columns }: { columns: readonly Column[] }): JSX.Element {
  const { t } = useTexts();
  const all: Column[] = [...columns, { text: t("admin.state") }];
  return (
    <thead>
      <tr>{all.map(({ text, num }) => <th key={text} scope="col" class={num && "num"}>{text}</th>)}</tr>
    </thead>
  );
}
