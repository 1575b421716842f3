/** A stretch of a message: as it was typed, or a mention, or a link that is shown and never fetched. */
export type TextPart =
  | { kind: "text"; text: string }
  | { kind: "mention"; text: string; name: string }
  | { kind: "link"; text: string; href: string };

/** Links of one message that are links; those beyond stay text. */
const LINKS_MAX = 10;

/** An address up to the next space, or somebody's name behind an @ that no word runs into. */
const MARKED = /https?:\/\/[^\s<>"'`\\]+|(?<![\w@])@[a-z0-9_]{3,24}(?!\w)/gi;

/** Signs that end a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}»”’]+$/;

/** A message in parts: whoever renders them escapes them. */
export function messageParts(message: string): TextPart[] {
  const parts: TextPart[] = [];
  let links = 0;
  let from = 0;
  for (const { 0: found, index } of message.matchAll(MARKED)) {
    const part = found.startsWith("@")
      ? { kind: "mention", text: found, name: found.slice(1).toLowerCase() } as const
      : links < LINKS_MAX
      ? linkPart(found.replace(TRAILING, ""))
      : null;
    if (part === null) continue;
    if (part.kind === "link") links++;
    if (index > from) parts.push({ kind: "text", text: message.slice(from, index) });
    parts.push(part);
    from = index + (part.kind === "link" ? found.replace(TRAILING, "") : found).length;
  }
  if (from < message.length) parts.push({ kind: "text", text: message.slice(from) });
  return parts;
}

/** Whether a message speaks to somebody. */
export function mentions(message: string, username: string | null | undefined): boolean {
  return !!username && messageParts(message).some((part) => part.kind === "mention" && part.name === username);
}

function linkPart(text: string): TextPart | null {
  try {
    const url = new URL(text);
    // A name before the host makes an address look like another's.
    const isPlain = /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && url.hostname !== "";
    if (!isPlain) return null;
    // Letters that look like others' are shown as what they are: "аpple.com" is "xn--pple-43d.com".
    const isAscii = /^[\x21-\x7e]+$/.test(text.split(/[/?#]/)[2] ?? "");
    return { kind: "link", text: isAscii ? text : url.href, href: url.href };
  } catch {
    return null;
  }
}
