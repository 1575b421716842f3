import type { JSX } from "preact";

/** A pool whose manager's identity was checked. */
export function VerifiedIcon({ label }: { label: string }): JSX.Element {
  return (
    <svg class="verified" viewBox="0 0 16 16" width="14" height="14" role="img" aria-label={label}>
      <path
        d="M8 .6l1.9 1.3 2.3-.1.8 2.1 1.9 1.3-.6 2.2.6 2.2-1.9 1.3-.8 2.1-2.3-.1L8 14.2l-1.9-1.3-2.3.1-.8-2.1-1.9-1.3.6-2.2-.6-2.2L3 3.9l.8-2.1 2.3.1Z"
        fill="currentColor"
      />
      <path class="verified-tick" d="m5.2 7.5 2 2 3.7-3.9" fill="none" stroke-width="1.6" />
    </svg>
  );
}

/** No new money is taken. */
export function LockIcon(): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M3.5 7h9v6.5h-9zM5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7" stroke-width="1.4" stroke-linejoin="round" />
    </svg>
  );
}

/** Money of no value: a sheet of paper. */
export function PaperIcon(): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="12" height="12" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3" stroke-width="1.4" stroke-linejoin="round" />
    </svg>
  );
}

/** Money that is money. */
export function RealIcon(): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d="M8 .8 15.2 8 8 15.2.8 8Z" fill="currentColor" />
      <path class="real-mark" d="M8 4.6v4M8 10.8v.1" stroke-width="1.8" stroke-linecap="round" fill="none" />
    </svg>
  );
}
