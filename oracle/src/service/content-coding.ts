/** In which coding a client wants an answer that there is in several (RFC 9110, 12.5.3). */

/** Names of one coding (RFC 9110, 8.4.1.3). */
const ALIASES: Readonly<Record<string, string>> = { "x-gzip": "gzip" };
const QUALITY = /^q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/**
 * The coding of `available` that `accepted`, the request's Accept-Encoding, likes best, the earlier of two that it likes alike; undefined for
 * the bytes as they are: where it takes none of them, or rather has none. What cannot be read counts as not said.
 */
export function preferredCoding<Coding extends string>(
  accepted: string | undefined,
  available: readonly Coding[],
): Coding | undefined {
  const quality = qualities(accepted ?? "");
  let best: Coding | undefined;
  let most = quality.get("identity") ?? 0;
  for (const coding of available) {
    const liked = quality.get(coding) ?? quality.get("*") ?? 0;
    if (liked > most || (best === undefined && liked === most && liked > 0)) {
      best = coding;
      most = liked;
    }
  }
  return best;
}

/** Codings named by a client with how much it likes each, 0 for not at all. */
function qualities(accepted: string): ReadonlyMap<string, number> {
  const quality = new Map<string, number>();
  for (const entry of accepted.toLowerCase().split(",")) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const weights = parameters.map((parameter) => QUALITY.exec(parameter)?.[1]);
    if (name === "" || weights.includes(undefined)) continue;
    quality.set(ALIASES[name] ?? name, Number(weights[0] ?? 1));
  }
  return quality;
}
