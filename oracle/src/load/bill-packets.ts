/**
 * Which copies of packets are billed in an epoch: those whose receipt and confirmation have both arrived, the later one in it.
 *
 * A copy is a packet at a hotspot. It is billed when a payer's meter names its packet, its hotspot and its length; the first such
 * confirmation counts, the first receipt of a copy is the one that is billed, and a copy is billed once. Whichever of the two comes
 * first waits for the other in the `pending` table for `billWithinEpochs` epochs, its own included. Copies that were billed stay
 * there as long, so that a hotspot and a meter that both say again what they said bill nothing more; a receipt that the payer refutes
 * waits no longer. Data credits =
 * max(1, ceil(bytes / bytes per credit)).
 */
import { allocateColumns, type EpochInput, type EpochLog, packetsTable, pendingOutTable } from "@earshot/poc";
import { CopyIndex } from "./copy-index.ts";
import { PENDING_KIND } from "./pending-kind.ts";
import { type RefutationRows, refutedPackets } from "./refutations.ts";

const HASH_BYTES = 32;
const KEY_BYTES = 33;
const WALLET_BYTES = 32;
const NONE = -1;

/** Receipts in log order; 32 bytes a row of `packetHash`. */
export interface ReceiptRows {
  readonly hotspot: Uint32Array;
  readonly receiveOffsetMs: Uint32Array;
  readonly packetHash: Uint8Array;
  readonly phyBytes: Uint8Array;
  readonly devAddr: Uint32Array;
}

/** Confirmations in log order; 32 and 33 bytes a row of `packetHash` and `hotspotKey`. */
export interface ConfirmationRows {
  /** Row in payers.arrow. */
  readonly payer: Uint32Array;
  readonly packetHash: Uint8Array;
  readonly hotspotKey: Uint8Array;
  readonly phyBytes: Uint8Array;
}

export interface BillingInput {
  readonly epoch: number;
  readonly pendingIn: EpochLog["pendingIn"];
  readonly payers: EpochLog["payers"];
  /** 33 bytes a row: hotspots.arrow. */
  readonly hotspotKeys: Uint8Array;
  /** Row of the hotspot whose key lies at an offset, or undefined. */
  readonly hotspotRow: (keys: Uint8Array, offset: number) => number | undefined;
  /** Those that arrived in the epoch, its grace time not included. */
  readonly receipts: ReceiptRows;
  readonly confirmations: ConfirmationRows;
  readonly bytesPerDataCredit: number;
  readonly billWithinEpochs: number;
  /** Refutations that the epoch's notices bear out (refutations.ts). */
  readonly refutations: RefutationRows;
  /** Eight bytes that follow from the whole log, so that nobody who reports could foresee them. */
  readonly mixingKey: Uint8Array;
}

export interface Billing {
  /** Carried receipts that are billed now, then the receipts of the epoch; `log_index` is not filled in. */
  readonly packets: EpochInput["packets"];
  /** How many of the packets are carried ones. */
  readonly carried: number;
  readonly billed: number;
  /** Receipts that were refuted in the epoch, by row of the registry. */
  readonly refuted: Uint32Array;
  readonly pendingOut: EpochLog["pendingOut"];
}

/** A confirmation that found its receipt. */
interface Bill {
  readonly copy: number;
  /** Row in pending-in, or above those a row of the epoch's receipts. */
  readonly receipt: number;
  readonly wallets: Uint8Array;
  readonly walletRow: number;
}

/** Bills the epoch. */
export function billPackets(input: BillingInput): Billing {
  return new BillingRun(input).result();
}

class BillingRun {
  readonly #input: BillingInput;
  readonly #carriedRows: number;
  readonly #copies: CopyIndex;
  /** By row of pending-in, of the receipts and of the confirmations. */
  readonly #pendingCopy: Uint32Array;
  readonly #receiptCopy: Uint32Array;
  readonly #confirmationCopy: Uint32Array;
  /** By copy: its first receipt, as in `Bill`. */
  readonly #receiptOf: Int32Array;
  readonly #isBilled: Uint8Array;
  readonly #isRefuted: Uint8Array;
  readonly #bills: Bill[] = [];

  constructor(input: BillingInput) {
    const { pendingIn } = input;
    const receiptRows = input.receipts.hotspot.length;
    const confirmationRows = input.confirmations.payer.length;
    this.#input = input;
    this.#carriedRows = pendingIn.kind.length;
    const rows = this.#carriedRows + receiptRows + confirmationRows;
    this.#copies = new CopyIndex(rows, input.hotspotKeys.length / KEY_BYTES, input.hotspotRow, input.mixingKey);
    this.#pendingCopy = new Uint32Array(this.#carriedRows);
    this.#receiptCopy = new Uint32Array(receiptRows);
    this.#confirmationCopy = new Uint32Array(confirmationRows);
    this.#receiptOf = new Int32Array(rows).fill(NONE);
    this.#isBilled = new Uint8Array(rows);
    this.#isRefuted = new Uint8Array(rows);
  }

  result(): Billing {
    this.#noteReceipts();
    this.#matchConfirmations();
    const refuted = this.#refute();
    return { ...this.#packets(), billed: this.#bills.length, refuted, pendingOut: this.#pendingOut() };
  }

  /** Settles the receipts of refuted packets: they count against their hotspots and wait for no bill any more. */
  #refute(): Uint32Array {
    const { refutations, pendingIn, receipts, hotspotKeys } = this.#input;
    const byHotspot = new Uint32Array(hotspotKeys.length / KEY_BYTES);
    const packets = refutedPackets({
      refutations,
      pendingIn,
      receipts,
      isBilled: (receipt) => this.#isBilled[this.#receiptCopy[receipt]] === 1,
    });
    if (packets.size === 0) return byHotspot;
    for (let copy = 0; copy < this.#receiptOf.length; copy++) {
      if (this.#receiptOf[copy] === NONE || this.#isBilled[copy] === 1) continue;
      if (!packets.has(row32(this.#copies.packetHash, copy).toHex())) continue;
      this.#isRefuted[copy] = 1;
      if (this.#copies.isRegistered(copy)) byHotspot[this.#copies.hotspot[copy]]++;
    }
    return byHotspot;
  }

  #noteReceipts(): void {
    const { pendingIn, receipts } = this.#input;
    for (let row = 0; row < this.#carriedRows; row++) {
      const copy = this.#copies.ofKey(pendingIn.packet_hash, row, pendingIn.hotspot_key);
      this.#pendingCopy[row] = copy;
      if (pendingIn.kind[row] === PENDING_KIND.billed) this.#isBilled[copy] = 1;
      if (pendingIn.kind[row] === PENDING_KIND.receipt && this.#receiptOf[copy] === NONE) this.#receiptOf[copy] = row;
    }
    for (let row = 0; row < receipts.hotspot.length; row++) {
      const copy = this.#copies.ofHotspot(receipts.packetHash, row, receipts.hotspot[row]);
      this.#receiptCopy[row] = copy;
      if (this.#receiptOf[copy] === NONE) this.#receiptOf[copy] = this.#carriedRows + row;
    }
  }

  #matchConfirmations(): void {
    const { pendingIn, confirmations, payers } = this.#input;
    for (let row = 0; row < this.#carriedRows; row++) {
      if (pendingIn.kind[row] !== PENDING_KIND.confirmation) continue;
      this.#confirm(this.#pendingCopy[row], pendingIn.phy_bytes[row], pendingIn.payer, row);
    }
    for (let row = 0; row < confirmations.payer.length; row++) {
      const copy = this.#copies.ofKey(confirmations.packetHash, row, confirmations.hotspotKey);
      this.#confirmationCopy[row] = copy;
      this.#confirm(copy, confirmations.phyBytes[row], payers.payer, confirmations.payer[row]);
    }
  }

  #confirm(copy: number, phyBytes: number, wallets: Uint8Array, walletRow: number): void {
    const receipt = this.#receiptOf[copy];
    if (this.#isBilled[copy] === 1 || receipt === NONE || !this.#copies.isRegistered(copy)) return;
    if (phyBytes !== this.#phyBytes(receipt)) return;
    this.#isBilled[copy] = 1;
    this.#bills.push({ copy, receipt, wallets, walletRow });
  }

  #phyBytes(receipt: number): number {
    const { pendingIn, receipts } = this.#input;
    return receipt < this.#carriedRows ? pendingIn.phy_bytes[receipt] : receipts.phyBytes[receipt - this.#carriedRows];
  }

  #packets(): Pick<Billing, "packets" | "carried"> {
    const { pendingIn, receipts, bytesPerDataCredit } = this.#input;
    const carriedBills = this.#bills.filter(({ receipt }) => receipt < this.#carriedRows);
    carriedBills.sort((a, b) => a.receipt - b.receipt);
    const carried = carriedBills.length;
    const packets = allocateColumns(packetsTable, carried + receipts.hotspot.length);
    carriedBills.forEach(({ copy, receipt }, row) => {
      packets.hotspot[row] = this.#copies.hotspot[copy];
      packets.packet_hash.set(row32(pendingIn.packet_hash, receipt), row * HASH_BYTES);
      packets.phy_bytes[row] = pendingIn.phy_bytes[receipt];
      packets.dev_addr[row] = pendingIn.dev_addr[receipt];
    });
    packets.hotspot.set(receipts.hotspot, carried);
    packets.receive_offset_ms.set(receipts.receiveOffsetMs, carried);
    packets.packet_hash.set(receipts.packetHash, carried * HASH_BYTES);
    packets.phy_bytes.set(receipts.phyBytes, carried);
    packets.dev_addr.set(receipts.devAddr, carried);
    const rowOfCarried = new Map(carriedBills.map(({ receipt }, row) => [receipt, row]));
    for (const { receipt, wallets, walletRow } of this.#bills) {
      const row = rowOfCarried.get(receipt) ?? carried + receipt - this.#carriedRows;
      packets.payer.set(row32(wallets, walletRow), row * WALLET_BYTES);
      packets.data_credits[row] = Math.max(1, Math.ceil(packets.phy_bytes[row] / bytesPerDataCredit));
    }
    return { packets, carried };
  }

  #pendingOut(): EpochLog["pendingOut"] {
    const { epoch, pendingIn, receipts, confirmations, billWithinEpochs, payers, hotspotKeys } = this.#input;
    const kept = this.#keptRows();
    const carriesOn = billWithinEpochs > 1;
    const waitingReceipts = carriesOn ? this.#waitingReceipts() : [];
    const waitingConfirmations = carriesOn ? this.#waitingConfirmations() : [];
    const bills = carriesOn ? this.#bills : [];
    const rows = kept.length + waitingReceipts.length + waitingConfirmations.length + bills.length;
    const out = allocateColumns(pendingOutTable, rows);
    out.epoch.fill(epoch, kept.length);
    let at = 0;
    for (const row of kept) {
      out.epoch[at] = pendingIn.epoch[row];
      out.kind[at] = pendingIn.kind[row];
      out.packet_hash.set(row32(pendingIn.packet_hash, row), at * HASH_BYTES);
      out.hotspot_key.set(keyRow(pendingIn.hotspot_key, row), at * KEY_BYTES);
      out.phy_bytes[at] = pendingIn.phy_bytes[row];
      out.dev_addr[at] = pendingIn.dev_addr[row];
      out.payer.set(row32(pendingIn.payer, row), at * WALLET_BYTES);
      at++;
    }
    for (const row of waitingReceipts) {
      out.kind[at] = PENDING_KIND.receipt;
      out.packet_hash.set(row32(receipts.packetHash, row), at * HASH_BYTES);
      out.hotspot_key.set(keyRow(hotspotKeys, receipts.hotspot[row]), at * KEY_BYTES);
      out.phy_bytes[at] = receipts.phyBytes[row];
      out.dev_addr[at] = receipts.devAddr[row];
      at++;
    }
    for (const row of waitingConfirmations) {
      out.kind[at] = PENDING_KIND.confirmation;
      out.packet_hash.set(row32(confirmations.packetHash, row), at * HASH_BYTES);
      out.hotspot_key.set(keyRow(confirmations.hotspotKey, row), at * KEY_BYTES);
      out.phy_bytes[at] = confirmations.phyBytes[row];
      out.payer.set(row32(payers.payer, confirmations.payer[row]), at * WALLET_BYTES);
      at++;
    }
    for (const { copy } of bills) {
      out.kind[at] = PENDING_KIND.billed;
      out.packet_hash.set(row32(this.#copies.packetHash, copy), at * HASH_BYTES);
      out.hotspot_key.set(keyRow(hotspotKeys, this.#copies.hotspot[copy]), at * KEY_BYTES);
      at++;
    }
    return out;
  }

  /** Rows of pending-in that the next epoch may still need. */
  #keptRows(): number[] {
    const { epoch, pendingIn, billWithinEpochs } = this.#input;
    const kept: number[] = [];
    for (let row = 0; row < this.#carriedRows; row++) {
      if (epoch + 1 - pendingIn.epoch[row] >= billWithinEpochs) continue;
      const copy = this.#pendingCopy[row];
      const isSettled = this.#isBilled[copy] === 1 || this.#isRefuted[copy] === 1;
      if (pendingIn.kind[row] === PENDING_KIND.billed || !isSettled) kept.push(row);
    }
    return kept;
  }

  #waitingReceipts(): number[] {
    const waiting: number[] = [];
    for (let row = 0; row < this.#receiptCopy.length; row++) {
      const copy = this.#receiptCopy[row];
      const isSettled = this.#isBilled[copy] === 1 || this.#isRefuted[copy] === 1;
      if (!isSettled && this.#receiptOf[copy] === this.#carriedRows + row) waiting.push(row);
    }
    return waiting;
  }

  #waitingConfirmations(): number[] {
    const waiting: number[] = [];
    for (let row = 0; row < this.#confirmationCopy.length; row++) {
      if (this.#isBilled[this.#confirmationCopy[row]] === 0) waiting.push(row);
    }
    return waiting;
  }
}

function row32(bytes: Uint8Array, row: number): Uint8Array {
  return bytes.subarray(row * 32, (row + 1) * 32);
}

function keyRow(bytes: Uint8Array, row: number): Uint8Array {
  return bytes.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES);
}
