import type { ComponentChildren, JSX } from "preact";

/**
 * Marks a part of the page for hydration. `children` is what the island renders first from `props`,
 * so the page reads the same before, during and without JavaScript.
 */
export function Island(
  { name, props, children }: { name: string; props: object; children: ComponentChildren },
): JSX.Element {
  return (
    <>
      <script type="application/json" dangerouslySetInnerHTML={{ __html: jsonForHtml(props) }} />
      <div class="island" data-island={name}>{children}</div>
    </>
  );
}

/** JSON that cannot leave a script element: a hostile name may hold `</script>` or `<!--`. */
export function jsonForHtml(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
