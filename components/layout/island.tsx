import type { ComponentChildren, JSX } from "preact";

/**
 * Marks a part of the page for hydration. `children` is what the island renders first from `props`,
 * so the page reads the same before, during and without JavaScript.
 */
export function Island(
  { name, props, data = {}, children }: {
    name: string;
    props: object;
    /** What stands in `data-` attributes of the part, by name. */
    data?: Readonly<Record<string, string>>;
    children: ComponentChildren;
  },
): JSX.Element {
  const attributes = Object.fromEntries(Object.entries(data).map(([key, value]) => [`data-${key}`, value]));
  return (
    <>
      <script type="application/json" dangerouslySetInnerHTML={{ __html: jsonForHtml(props) }} />
      <div class="island" {...attributes} data-island={name}>{children}</div>
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
