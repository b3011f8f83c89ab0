/** Finding the events of a token: the token itself is nowhere kept, its keyed hash stands in its place. Pure. */

/** Where clients send tokens; the names of headers are compared without case. */
const PLACES = [
  "header.authorization",
  "header.cookie",
  "header.x-api-key",
  "header.x-auth-token",
  "header.proxy-authorization",
  "path",
  "query",
  "body",
  "referrer",
  "user_agent",
  "reason",
  "actor.id",
  "key",
  "target",
  "metadata.message",
];

/** The query for the events in which a token with this keyed hash stood. */
export const tokenQuery = (hash: string): string => PLACES.map((place) => `${place}:*${hash}*`).join(" OR ");
