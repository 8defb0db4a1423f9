/** The bills of a closed epoch from its archived tables. */
import { hotspotsTable, packetsTable } from "@earshot/poc";
import { oracleError } from "../errors.ts";
import type { EpochArchive } from "../pipeline/epoch-archive.ts";
import { type Bill, billsOf } from "./bill.ts";

/** Bills by payer. Throws ORC_MISSING_FILE where the epoch is not archived, ORC_DAMAGED_FILE, ORC_STORE_UNAVAILABLE. */
export async function billsOfEpoch(
  archive: Pick<EpochArchive, "table">,
  epoch: number,
  network: number,
): Promise<readonly Bill[]> {
  const packets = await archive.table(epoch, packetsTable);
  const hotspots = await archive.table(epoch, hotspotsTable);
  if (packets === undefined || hotspots === undefined) {
    throw oracleError("ORC_MISSING_FILE", `epoch ${epoch}: packets or hotspots are not archived`);
  }
  return billsOf(packets, hotspots, { network, epoch });
}
