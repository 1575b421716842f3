/** Characters of a host: a page names up to a page's worth of them in its policy. */
const HOST_LENGTH_MAX = 100;

/** Names that lead into the network of whoever looks, and not to a picture's server. */
const INSIDE = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|test)$/;

/** A streamer's own picture, as pages may show it. */
export interface Thumbnail {
  url: string;
  /** Where it lies: the page that shows it may load pictures from there. */
  origin: string;
}

/**
 * The picture a streamer gave, if pages may show it: over HTTPS, from a public name at the usual port, and no SVG, which
 * is a document. Whoever looks tells its server an address and nothing else; null for all others.
 */
export function thumbnailOf(address: string | null): Thumbnail | null {
  if (address === null || !URL.canParse(address)) return null;
  const { protocol, username, password, port, hostname, pathname, origin, href } = new URL(address);
  // Addresses in digits need no name's owner to agree, and may be a device beside the reader.
  const isPublicName = /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(hostname) && !INSIDE.test(hostname) &&
    hostname.length <= HOST_LENGTH_MAX;
  if (protocol !== "https:" || username + password + port !== "" || !isPublicName) return null;
  return /\.svgz?$/i.test(pathname) ? null : { url: href, origin };
}
