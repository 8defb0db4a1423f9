/**
 * An invoice: a bill with the burns that paid it, as JSON and as CSV. Both reconcile to the chain: every burn is named by router and
 * number, and where it is known by its transaction, and each carries the bill's hash.
 */
import { billHash } from "./bill.ts";
import type { Invoice } from "./stored-journal.ts";

/** The invoice as plain JSON values; amounts are data credits, as decimal strings where they are money of the chain. */
export function invoiceJson(invoice: Invoice) {
  const { bill, burns, burnt } = invoice;
  const owed = BigInt(bill.dataCredits) - burnt;
  return {
    epoch: bill.epoch,
    network: bill.network,
    payer: bill.payer,
    /** SHA-256 of the canonical JSON of `bill`: the `report_hash` of every burn. */
    billHash: Buffer.from(billHash(bill)).toString("hex"),
    dataCredits: String(bill.dataCredits),
    burnt: burnt.toString(),
    owed: owed.toString(),
    isPaid: owed === 0n,
    burns: burns.map(({ router, nonce, dataCredits, signature }) => ({
      router,
      nonce: nonce.toString(),
      dataCredits: dataCredits.toString(),
      signature,
    })),
    bill,
  };
}

/**
 * The invoice as CSV (RFC 4180): rows of kind `packets` add up to the bill, rows of kind `burn` to what was burnt for it, and both sums
 * are equal once it is paid.
 */
export function invoiceCsv({ bill, burns }: Invoice): string {
  const lines = bill.lines.map(({ devAddr, cell, copies, phyBytes, dataCredits }) =>
    ["packets", bill.epoch, dataCredits, devAddr, cell ?? "", copies, phyBytes, "", "", ""].join(","),
  );
  const paid = burns.map(({ router, nonce, dataCredits, signature }) =>
    ["burn", bill.epoch, dataCredits, "", "", "", "", router, nonce, signature ?? ""].join(","),
  );
  const heading = "kind,epoch,data_credits,dev_addr,cell,copies,phy_bytes,router,nonce,transaction";
  return [heading, ...lines, ...paid].map((row) => `${row}\r\n`).join("");
}

/** What an invoice says against what its burns on chain say (events of the data_credits program); empty when they agree. */
export function invoiceDifferences(
  { bill, burns }: Invoice,
  onChain: readonly {
    readonly router: string;
    readonly nonce: bigint;
    readonly amount: bigint;
    readonly reportHash: Uint8Array;
  }[],
): readonly string[] {
  const hash = billHash(bill);
  const chain = new Map(onChain.map((burn) => [`${burn.router} ${burn.nonce}`, burn]));
  const differences = burns.flatMap(({ router, nonce, dataCredits }) => {
    const name = `burn ${nonce} of ${router}`;
    const found = chain.get(`${router} ${nonce}`);
    if (found === undefined) return [`${name}: not on chain`];
    return [
      ...(found.amount === dataCredits ? [] : [`${name}: ${dataCredits} here, ${found.amount} on chain`]),
      ...(Buffer.compare(found.reportHash, hash) === 0 ? [] : [`${name}: on chain it is for another bill`]),
    ];
  });
  const lines = bill.lines.reduce((sum, { dataCredits }) => sum + dataCredits, 0);
  return lines === bill.dataCredits
    ? differences
    : [...differences, `lines add up to ${lines}, bill ${bill.dataCredits}`];
}
