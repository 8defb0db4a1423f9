/**
 * Takes an epoch over that another oracle closed: for an oracle that joins a network, or that was away while the epoch began.
 *
 * Nothing is believed that is not proven: the whole folder is audited, which recomputes it from its raw uploads, and its root and manifest
 * must be those that are final on chain. Then it stands in the archive as if it had been closed here, and work goes on with the next one.
 */

import { join } from "node:path";
import { type EpochManifest, parameterHash } from "@earshot/poc";
import { type ChainFacts, chainFindings } from "../audit/audit-chain.ts";
import { auditFolder } from "../audit/audit-folder.ts";
import { findingText } from "../audit/finding.ts";
import { readWhole } from "../epoch-folder/durable-file.ts";
import { FILES } from "../epoch-folder/layout.ts";
import { oracleError } from "../errors.ts";
import type { Store } from "../ports/store.ts";
import type { EpochArchive } from "./epoch-archive.ts";
import { holdLease, type LeaseOptions } from "./hold-lease.ts";
import { readPlan } from "./plan.ts";
import { type ClosedEpoch, lastClosedEpoch, noteClosed } from "./work-table.ts";

export interface TakeOverOptions {
  readonly store: Store;
  readonly archive: EpochArchive;
  readonly lease: LeaseOptions;
  readonly workers?: number;
  readonly onProgress?: (done: number, total: number, label: string) => void;
}

/** Throws ORC_BAD_OPTION where another epoch comes next here, ORC_NOT_PROVEN where the folder is not what the chain says. */
export async function takeOver(folder: string, chain: ChainFacts, options: TakeOverOptions): Promise<ClosedEpoch> {
  const { store, archive, lease, workers, onProgress } = options;
  const audit = await auditFolder(folder, { ...(workers === undefined ? {} : { workers }), onProgress });
  const { epoch, input, root } = audit;
  const [finding] = [...audit.findings, ...(await chainFindings(audit, chain))];
  if (finding !== undefined || epoch === undefined || input === undefined || root === undefined) {
    throw oracleError("ORC_NOT_PROVEN", finding === undefined ? `${folder}: unreadable` : findingText(finding));
  }
  if (chain.epoch?.isFinal !== true) throw oracleError("ORC_NOT_PROVEN", `epoch ${epoch} is not final on chain`);
  await checkIsNext(store, epoch);
  const manifest = JSON.parse(Buffer.from(readWhole(join(folder, FILES.manifest))).toString("utf8")) as EpochManifest;
  const closed: ClosedEpoch = {
    epoch,
    manifestSha256: Buffer.from(audit.manifestHash!, "hex"),
    rootHash: Buffer.from(root.hash, "hex"),
    totalAtoms: BigInt(root.totalAtoms),
    leafCount: manifest.root.leafCount,
    parameterHash: Buffer.from(parameterHash(input.parameters), "hex"),
  };
  const done = await holdLease(lease, `close/${epoch}`, async (held) => {
    await archive.adopt(epoch, folder);
    await noteClosed(store, held, closed);
    return true;
  });
  if (done !== true) throw oracleError("ORC_LEASE_LOST", `a worker is closing epoch ${epoch}`);
  return closed;
}

/** The next epoch to be closed; of an oracle that has closed none, also the one before its first. */
async function checkIsNext(store: Store, epoch: number): Promise<void> {
  const last = await lastClosedEpoch(store);
  const first = (await readPlan(store))?.firstEpoch;
  if (last === undefined && (first === undefined || epoch === first - 1 || epoch === first)) return;
  const next = last === undefined ? first! : last.epoch + 1;
  if (epoch !== next) throw oracleError("ORC_BAD_OPTION", `epoch ${next} comes next here, not ${epoch}`);
}
