/**
 * The ledger between epochs: what every wallet has earned since genesis, which is what the leaves of the reward tree hold.
 *
 * The ledger of an epoch is the one before plus the epoch's payments, summed by wallet, in ascending order of the wallets' bytes.
 * No entry ever leaves it or falls, so that no later root pays a wallet less than an earlier one. The treasury always has
 * an entry, others from their first base unit. Refuses a ledger out of order and sums beyond u64.
 */
import { pocError } from "../errors.ts";
import { assertAtoms, U64_MAX } from "./amount.ts";
import { compareWallets, firstUnordered, WALLET_BYTES, walletOrder } from "./wallet-order.ts";

/** One row per wallet, in ascending order of its 32 bytes. */
export interface Ledger {
  readonly wallets: Uint8Array;
  /** Base units earned in the epoch just closed. */
  readonly epochAtoms: BigUint64Array;
  /** Base units earned since genesis. */
  readonly cumulativeAtoms: BigUint64Array;
}

/** Payments of one epoch, any order; a wallet may have many. */
export interface Payments {
  /** 32 bytes a payment. */
  readonly wallets: Uint8Array;
  readonly atoms: BigUint64Array;
}

/** The ledger before the first epoch. */
export const EMPTY_LEDGER: Ledger = {
  wallets: new Uint8Array(0),
  epochAtoms: new BigUint64Array(0),
  cumulativeAtoms: new BigUint64Array(0),
};

/**
 * The ledger after an epoch: `previous`, the payments, and `treasuryAtoms` to the wallet `treasury` (32 bytes).
 * Throws POC_BAD_LENGTH, POC_BAD_ENCODING (previous ledger out of order) or POC_BAD_AMOUNT (more than u64).
 */
export function closeLedger(
  previous: Pick<Ledger, "wallets" | "cumulativeAtoms">,
  payments: Payments,
  treasury: Uint8Array,
  treasuryAtoms: bigint,
): Ledger {
  checkInput(previous, payments, treasury);
  assertAtoms(treasuryAtoms, "treasury");
  const old = previous.cumulativeAtoms.length;
  const paid = payments.atoms.length;
  const earners = new Uint8Array((paid + 1) * WALLET_BYTES);
  earners.set(payments.wallets);
  earners.set(treasury, paid * WALLET_BYTES);
  const order = walletOrder(earners);

  const wallets = new Uint8Array((old + paid + 1) * WALLET_BYTES);
  const epochAtoms = new BigUint64Array(old + paid + 1);
  const cumulativeAtoms = new BigUint64Array(old + paid + 1);
  let rows = 0;
  let at = 0;
  let next = 0;
  while (at < old || next < order.length) {
    const side = sideOf(previous.wallets, at, old, earners, order, next);
    const source = side <= 0 ? previous.wallets : earners;
    const row = side <= 0 ? at : order[next]!;
    const before = side <= 0 ? previous.cumulativeAtoms[at]! : 0n;
    let earned = 0n;
    let isTreasury = false;
    for (; next < order.length && compareWallets(source, row, earners, order[next]!) === 0; next++) {
      const earner = order[next]!;
      isTreasury ||= earner === paid;
      earned += earner === paid ? treasuryAtoms : payments.atoms[earner]!;
    }
    if (side <= 0) at++;
    else if (earned === 0n && !isTreasury) continue;
    if (before + earned > U64_MAX)
      throw pocError("POC_BAD_AMOUNT", `a wallet has ${before} and earns ${earned}: beyond u64`);
    wallets.set(source.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES), rows * WALLET_BYTES);
    epochAtoms[rows] = earned;
    cumulativeAtoms[rows] = before + earned;
    rows++;
  }
  return {
    wallets: wallets.slice(0, rows * WALLET_BYTES),
    epochAtoms: epochAtoms.slice(0, rows),
    cumulativeAtoms: cumulativeAtoms.slice(0, rows),
  };
}

/** At most 0 when the next wallet is (also) one of the old ledger, above 0 when it is a new one. */
function sideOf(
  oldWallets: Uint8Array,
  at: number,
  old: number,
  earners: Uint8Array,
  order: Uint32Array,
  next: number,
): number {
  if (at === old) return 1;
  return next === order.length ? -1 : compareWallets(oldWallets, at, earners, order[next]!);
}

function checkInput(
  previous: Pick<Ledger, "wallets" | "cumulativeAtoms">,
  payments: Payments,
  treasury: Uint8Array,
): void {
  const isWhole = (wallets: Uint8Array, rows: number) => wallets.length === rows * WALLET_BYTES;
  if (
    !isWhole(previous.wallets, previous.cumulativeAtoms.length) ||
    !isWhole(payments.wallets, payments.atoms.length)
  ) {
    throw pocError("POC_BAD_LENGTH", "a ledger and payments hold 32 bytes of wallet for each amount");
  }
  if (treasury.length !== WALLET_BYTES) throw pocError("POC_BAD_LENGTH", `treasury of ${treasury.length} bytes`);
  const unordered = firstUnordered(previous.wallets);
  if (unordered >= 0)
    throw pocError("POC_BAD_ENCODING", `ledger row ${unordered} does not come after the one before it`);
}
