import type { JSX } from "preact";

/** Strokes on a field of 16. */
export const EYE = "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4";
export const COIN =
  "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M10.3 5.6A2.8 2.8 0 1 0 10.3 10.4M4.4 7.2h3.4M4.4 8.8h3.4";
export const BELL = "M4 11V7a4 4 0 0 1 8 0v4l1.2 1.2H2.8ZM6.6 14.3h2.8";
export const CLOCK = "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 4.5V8l2.3 1.6";
export const SHIELD = "M8 1.5 13 3v4.5c0 3.2-2 5.7-5 7-3-1.3-5-3.8-5-7V3ZM5.6 7.8l1.7 1.7 3.2-3.4";
export const SEND = "m2 8 12-5.5L10 14 7.6 9Zm5.6 1L14 2.5";
export const REPLY = "M6.5 3.5 2.5 7l4 3.5M2.5 7H9a4.5 4.5 0 0 1 4.5 4.5v1";
export const PIN = "M9.5 1.8 14.2 6.5l-2 .6-2.6 2.6-.3 3-5.9-6 3-.3L9 3.8ZM5.6 10.4 2 14";
export const TRASH = "M2.5 4h11M6 4V2.2h4V4M4 4l.7 9.8h6.6L12 4M6.7 6.8v4.2M9.3 6.8v4.2";
export const BAN = "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M3.7 3.7l8.6 8.6";
export const FLAG = "M3.5 14.5v-13M3.5 2.5h8.7l-2 3 2 3H3.5";
export const CROSS = "m4 4 8 8M12 4l-8 8";
export const PLAY = "M4.5 2.5v11l9-5.5Z";
export const FIND = "M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M10.6 10.6 14 14";
export const SPEAK = "M2.5 3h11v7.5H8L4.5 13.5v-3h-2ZM5.2 5.7h5.6M5.2 7.9h3.6";
export const LOCK = "M3.5 7h9v6.5h-9ZM5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7";

/** One of the icons above. */
export function Glyph({ d, size = 16 }: { d: string; size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={d} />
    </svg>
  );
}
