import type { JSX } from "preact";
import type { Problem } from "../../lib/kernel/problem.ts";

/** What a visitor sees when a page cannot be shown. `detail` was written to be shown. */
export function ErrorPage({ problem }: { problem: Problem }): JSX.Element {
  return (
    <div class="center-page">
      <section class="panel notice">
        <p class="notice-status">{problem.status}</p>
        <h1>{problem.title}</h1>
        {problem.detail !== problem.title && <p class="notice-detail">{problem.detail}</p>}
        <p class="notice-code">
          Code <code>{problem.code}</code>
        </p>
        <div class="actions">
          <a class="button primary" href="/markets">See all markets</a>
          <a class="button outline" href="/">Go to the start page</a>
        </div>
      </section>
    </div>
  );
}
