/**
 * What a payer owes for an epoch: every billed copy, by device and resolution-8 cell, as a document, its hash, and CSV.
 *
 * The hash goes on chain with the burn, so that a payer who recomputes the bill from its own packets finds the very transaction. The
 * document is made from packets.arrow alone: two oracles make the same bytes.
 */
import type { EpochInput } from "@earshot/poc";
import { base58Text, canonicalJsonBytes, sha256 } from "@earshot/poc/protocol";

const WALLET_BYTES = 32;

/** Copies of one device's packets carried in one cell. */
export interface BillLine {
  /** Eight hexadecimal digits. */
  readonly devAddr: string;
  /** H3 cell of the carrying hotspots at resolution 8, in hexadecimal; null where a hotspot has no place. */
  readonly cell: string | null;
  readonly copies: number;
  readonly phyBytes: number;
  readonly dataCredits: number;
}

/** Counts are exact: a bill over 2^53 data credits is more than there can be. */
export interface Bill {
  readonly version: 1;
  readonly network: number;
  readonly epoch: number;
  /** Base58 of the wallet. */
  readonly payer: string;
  readonly copies: number;
  readonly phyBytes: number;
  readonly dataCredits: number;
  /** By device and cell. */
  readonly lines: readonly BillLine[];
}

export type BilledPackets = Pick<
  EpochInput["packets"],
  "hotspot" | "phy_bytes" | "dev_addr" | "payer" | "data_credits"
>;
export type BilledHotspots = Pick<EpochInput["hotspots"], "cell_public">;

/** The bills of an epoch, by the payers' base58; payers who owe nothing have none. */
export function billsOf(
  packets: BilledPackets,
  hotspots: BilledHotspots,
  { network, epoch }: { readonly network: number; readonly epoch: number },
): Bill[] {
  const linesByPayer = new Map<string, Map<string, BillLine>>();
  for (let row = 0; row < packets.hotspot.length; row++) {
    const dataCredits = packets.data_credits[row]!;
    if (dataCredits === 0) continue;
    const payer = base58Text(packets.payer.subarray(row * WALLET_BYTES, (row + 1) * WALLET_BYTES));
    const lines = linesByPayer.get(payer) ?? new Map<string, BillLine>();
    linesByPayer.set(payer, lines);
    const devAddr = packets.dev_addr[row]!.toString(16).padStart(8, "0");
    const cell = hotspots.cell_public[packets.hotspot[row]!]!;
    const name = `${devAddr} ${cell}`;
    const line = lines.get(name);
    lines.set(name, {
      devAddr,
      cell: cell === 0n ? null : cell.toString(16),
      copies: (line?.copies ?? 0) + 1,
      phyBytes: (line?.phyBytes ?? 0) + packets.phy_bytes[row]!,
      dataCredits: (line?.dataCredits ?? 0) + dataCredits,
    });
  }
  return [...linesByPayer]
    .sort(([a], [b]) => compareText(a, b))
    .map(([payer, byName]) => {
      const lines = [...byName].sort(([a], [b]) => compareText(a, b)).map(([, line]) => line);
      const sum = (of: (line: BillLine) => number) => lines.reduce((total, line) => total + of(line), 0);
      return {
        version: 1,
        network,
        epoch,
        payer,
        copies: sum(({ copies }) => copies),
        phyBytes: sum(({ phyBytes }) => phyBytes),
        dataCredits: sum(({ dataCredits }) => dataCredits),
        lines,
      };
    });
}

/** SHA-256 of the bill's canonical JSON: the `report_hash` of its burns. */
export function billHash(bill: Bill): Uint8Array {
  return sha256(canonicalJsonBytes(bill));
}

/** The bill's lines as CSV (RFC 4180) with a heading; `data_credits` sums to the bill. */
export function billCsv({ epoch, lines }: Bill): string {
  const rows = lines.map(({ devAddr, cell, copies, phyBytes, dataCredits }) =>
    [epoch, devAddr, cell ?? "", copies, phyBytes, dataCredits].join(","),
  );
  return ["epoch,dev_addr,cell,copies,phy_bytes,data_credits", ...rows].map((row) => `${row}\r\n`).join("");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
