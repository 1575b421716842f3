/** The zone of whoever has chosen none. */
export const DEFAULT_TIME_ZONE = "UTC";

/** Characters a zone's name may have: the longest of the IANA database has 32. */
const ZONE_LENGTH_MAX = 48;

/** Whether a text from outside names a time zone this runtime knows, such as "Europe/Paris". */
export function isTimeZone(value: unknown): value is string {
  // Offsets such as "+01:00" are no zones: they do not know summer.
  if (typeof value !== "string" || value.length > ZONE_LENGTH_MAX || !/^[A-Za-z]/.test(value)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
