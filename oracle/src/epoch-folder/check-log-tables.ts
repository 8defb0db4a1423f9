/**
 * What the tables around the upload log must say to be loaded with: payers, and the chains, waiting bills and judged reports that
 * an epoch began with and leaves. The first row that breaks a rule is refused as ORC_BAD_ROW.
 */
import type { EpochLog } from "@earshot/poc";
import { PENDING_KIND } from "../load/pending-kind.ts";
import { checkAscending, checkAtMost, checkBytesAscending, compareBytes, type Refuse } from "./check-tables.ts";
import type { FolderInput } from "./folder.ts";
import { MAX_BILL_EPOCHS } from "./parameters-shape.ts";

const KEY_BYTES = 33;
const ID_BYTES = 32;
/** A LoRa frame has at most 255 bytes. */
const MAX_PHY_BYTES = 255;

/** Checks payers and the tables of `EpochLog`. Throws ORC_BAD_ROW. */
export function checkLogTables(input: FolderInput, refuse: Refuse): void {
  const { header, parameters } = input;
  checkBytesAscending("payers", "key", input.payers.key, KEY_BYTES, refuse);
  checkChains("chains-in", input.chainsIn, refuse);
  checkChains("chains-out", input.chainsOut, refuse);
  // What waits was left under the rules of the epoch before, which may have given it more time.
  checkPending("pending-in", input.pendingIn, header.epoch - MAX_BILL_EPOCHS + 1, header.epoch - 1, refuse);
  const oldestLeft = header.epoch - parameters.rewards.billWithinEpochs + 2;
  checkPending("pending-out", input.pendingOut, oldestLeft, header.epoch, refuse);
  checkJudged("judged-in", input.judgedIn, refuse);
  checkJudged("judged-out", input.judgedOut, refuse);
}

function checkChains(table: string, { key, sequence }: EpochLog["chainsIn"], refuse: Refuse): void {
  checkBytesAscending(table, "key", key, KEY_BYTES, refuse);
  for (let row = 0; row < sequence.length; row++) {
    if (sequence[row] < 1n || sequence[row] > BigInt(Number.MAX_SAFE_INTEGER)) {
      refuse(table, "sequence", row, `${sequence[row]} is no number of an upload`);
    }
  }
}

function checkPending(
  table: string,
  { epoch, kind, phy_bytes: phyBytes }: EpochLog["pendingIn"],
  oldest: number,
  youngest: number,
  refuse: Refuse,
): void {
  checkAtMost(table, "kind", kind, PENDING_KIND.billed, refuse);
  checkAtMost(table, "phy_bytes", phyBytes, MAX_PHY_BYTES, refuse);
  for (let row = 0; row < kind.length; row++) {
    if (kind[row] === 0) refuse(table, "kind", row, "0 is none");
    if (epoch[row] < oldest || epoch[row] > youngest) {
      refuse(table, "epoch", row, `${epoch[row]} is not from ${oldest} to ${youngest}`);
    }
  }
}

function checkJudged(
  table: string,
  { upload_id: ids, index_in_upload: index }: EpochLog["judgedIn"],
  refuse: Refuse,
): void {
  checkAscending(table, "upload_id", index.length, refuse, (row) => {
    return compareBytes(ids, row, row - 1, ID_BYTES) || index[row] - index[row - 1];
  });
}
