import type { JSX } from "preact";

/** Hues an avatar may have: see the classes `hue-0` to `hue-5`. */
const HUES = 6;

/** Two letters in a colour that follows from the name. */
export function Avatar({ name, isLarge = false }: { name: string; isLarge?: boolean }): JSX.Element {
  let sum = 0;
  for (const letter of name) sum += letter.charCodeAt(0);
  const words = name.split(/[_\W]+/).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => word[0]).join("") : name.slice(0, 2);
  return (
    <span class={`face hue-${sum % HUES} ${isLarge ? "large" : ""}`} aria-hidden="true">{letters.toUpperCase()}</span>
  );
}
