/**
 * Numbers of organisations' routes: every oracle gives a wallet the same ones, without asking another (docs/adr/0020).
 *
 * Number n of a wallet is 2^31 plus the upper 31 bits of the first u32 of SHA-256("earshot-route" ‖ wallet ‖ n), n in one byte. Operators number
 * the routes of their files below 2^31.
 */
import { sha256 } from "@earshot/poc/protocol";

/** Numbers that a wallet has: more than it may have routes, for the case that two wallets share one. */
export const NUMBERS_OF_A_WALLET = 256;
const FIRST_NUMBER = 2 ** 31;
const DOMAIN = new TextEncoder().encode("earshot-route");

/** The number of a wallet (32 bytes) by its ordinal, 0 to 255. */
export function routeNumber(wallet: Uint8Array, ordinal: number): number {
  const digest = sha256(DOMAIN, wallet, Uint8Array.of(ordinal));
  const first = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return FIRST_NUMBER + (first >>> 1);
}

/** The wallet's first number that is not taken; undefined when all are. */
export function freeRouteNumber(wallet: Uint8Array, isTaken: (routeId: number) => boolean): number | undefined {
  for (let ordinal = 0; ordinal < NUMBERS_OF_A_WALLET; ordinal++) {
    const routeId = routeNumber(wallet, ordinal);
    if (!isTaken(routeId)) return routeId;
  }
  return undefined;
}

/** Whether a number is one of the wallet's. */
export function isRouteNumberOf(wallet: Uint8Array, routeId: number): boolean {
  for (let ordinal = 0; ordinal < NUMBERS_OF_A_WALLET; ordinal++) {
    if (routeNumber(wallet, ordinal) === routeId) return true;
  }
  return false;
}
