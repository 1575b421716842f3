import type { ComponentChildren, JSX } from "preact";

/** Outcry's mark: a call going out from the floor. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="22" height="22" fill="none" aria-hidden="true">
      <path
        d="M20.6 8.2A9.5 9.5 0 1 1 13.4 2.6"
        stroke="currentColor"
        stroke-width="2.6"
        stroke-linecap="round"
      />
      <path d="M12 7.2a4.8 4.8 0 1 0 4.8 4.8" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />
      <circle cx="17.6" cy="5.6" r="2.1" fill="currentColor" />
    </svg>
  );
}

function Icon({ children, size = 16 }: { children: ComponentChildren; size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function MenuIcon(): JSX.Element {
  return (
    <Icon size={20}>
      <path d="M2.5 4h11M2.5 8h11M2.5 12h11" />
    </Icon>
  );
}

export function SearchIcon(): JSX.Element {
  return (
    <Icon>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3 3" />
    </Icon>
  );
}

export function ChevronIcon(): JSX.Element {
  return (
    <Icon size={12}>
      <path d="m3.5 6 4.5 4.5L12.5 6" />
    </Icon>
  );
}

export function BackIcon(): JSX.Element {
  return (
    <Icon size={20}>
      <path d="M10 3 5 8l5 5" />
    </Icon>
  );
}

export function IndicatorsIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M1.5 10.5c2-7 4-7 6.5-2s4.5 5 6.5-2" />
    </Icon>
  );
}

/** A globe: language, and what else differs from place to place. */
export function PreferencesIcon(): JSX.Element {
  return (
    <Icon>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M1.8 8h12.4M8 1.8c2 2 2.6 4 2.6 6.2S10 12.2 8 14.2M8 1.8c-2 2-2.6 4-2.6 6.2S6 12.2 8 14.2" />
    </Icon>
  );
}

export function FlaskIcon(): JSX.Element {
  return (
    <Icon size={12}>
      <path d="M6 1.5v4.5L2.5 13a1 1 0 0 0 1 1.5h9a1 1 0 0 0 1-1.5L10 6V1.5M5 1.5h6M4.5 10h7" />
    </Icon>
  );
}

export function InfoIcon(): JSX.Element {
  return (
    <Icon size={14}>
      <circle cx="8" cy="8" r="6.5" />
      <path d="M8 7.5v3.5M8 5v.01" />
    </Icon>
  );
}

export function BellIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M4 11V7a4 4 0 0 1 8 0v4l1.2 1.2H2.8ZM6.6 14.3h2.8" />
    </Icon>
  );
}

export function ArrowIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M3 8h10M9 4l4 4-4 4" />
    </Icon>
  );
}

export function GoogleIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 18 18" width="16" height="16" aria-hidden="true">
      <path
        fill="#4285F4"
        d="M17.6 9.2c0-.64-.06-1.25-.16-1.84H9v3.48h4.84a4.14 4.14 0 0 1-1.8 2.72v2.26h2.91c1.7-1.57 2.65-3.87 2.65-6.62z"
      />
      <path
        fill="#34A853"
        d="M9 18c2.43 0 4.47-.8 5.95-2.18l-2.91-2.26c-.8.54-1.84.86-3.04.86-2.34 0-4.32-1.58-5.03-3.71H.96v2.33A9 9 0 0 0 9 18z"
      />
      <path fill="#FBBC05" d="M3.97 10.71a5.4 5.4 0 0 1 0-3.42V4.96H.96a9 9 0 0 0 0 8.08l3.01-2.33z" />
      <path
        fill="#EA4335"
        d="M9 3.58c1.32 0 2.5.45 3.44 1.35l2.58-2.58A9 9 0 0 0 .96 4.96l3.01 2.33C4.68 5.16 6.66 3.58 9 3.58z"
      />
    </svg>
  );
}

export function GithubIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="currentColor" aria-hidden="true">
      <path d="M8 .2a8 8 0 0 0-2.53 15.59c.4.07.55-.17.55-.38v-1.49c-2.23.48-2.69-.95-2.69-.95-.36-.92-.89-1.17-.89-1.17-.73-.5.05-.49.05-.49.81.06 1.23.83 1.23.83.72 1.23 1.88.87 2.34.67.07-.52.28-.87.51-1.07-1.78-.2-3.64-.89-3.64-3.95 0-.87.31-1.59.82-2.15-.08-.2-.36-1.02.08-2.12 0 0 .67-.21 2.2.82a7.64 7.64 0 0 1 4 0c1.53-1.03 2.2-.82 2.2-.82.44 1.1.16 1.92.08 2.12.51.56.82 1.28.82 2.15 0 3.07-1.87 3.75-3.65 3.95.29.25.54.73.54 1.48v2.19c0 .21.15.46.55.38A8 8 0 0 0 8 .2z" />
    </svg>
  );
}
