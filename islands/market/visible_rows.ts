/** Tells which of the rows below `element` (those with `data-market`) are in sight, in their order. */
export function followVisible(element: HTMLElement, onChange: (keys: readonly string[]) => void): () => void {
  const lines = [...element.querySelectorAll<HTMLElement>("[data-market]")];
  const visible = new Set<Element>();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
    }
    onChange(lines.filter((line) => visible.has(line)).map((line) => line.dataset.market ?? ""));
  }, { rootMargin: "100px" });
  for (const line of lines) observer.observe(line);
  return () => observer.disconnect();
}
