/**
 * The partition of a key: FNV-1a (32 bits) over its lower-case hex digits, modulo the number of partitions.
 *
 * It is what a NATS server computes for `{{partition(n,token)}}` when the token is the key in hex, so that both adapters deal alike.
 */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const HEX = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
/** Most partitions a log can have; a worker's share of a day is small long before. */
export const MAX_PARTITIONS = 256;
/** Partitions of a log when nobody says otherwise: enough to spread over 16 workers, few enough to watch. */
export const DEFAULT_PARTITIONS = 16;

/** The partition of a device key or a payload, 0 to `partitions` − 1. */
export function logPartition(key: Uint8Array, partitions: number): number {
  let hash = FNV_OFFSET;
  for (const byte of key) {
    hash = Math.imul(hash ^ HEX[byte >> 4]!, FNV_PRIME);
    hash = Math.imul(hash ^ HEX[byte & 15]!, FNV_PRIME);
  }
  return (hash >>> 0) % partitions;
}
