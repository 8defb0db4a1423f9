/** Which network parameters hold in which epoch, as the registry program keeps it (programs/registry/src/state/network.rs). */
import type { AccountReader } from "./account-reader.ts";

interface HeldFrom {
  /** SHA-256 of the parameters' canonical JSON, 32 bytes. */
  readonly hash: Uint8Array;
  readonly fromEpoch: number;
}

/** Oldest first, the scheduled one last. */
export type ParameterHashes = readonly HeldFrom[];

/** Changes before the current parameters that the account remembers. */
const PAST = 4;

export function readParameterHashes(reader: AccountReader): ParameterHashes {
  const held = Array.from({ length: PAST + 2 }, () => ({ hash: reader.bytes(32), fromEpoch: reader.epoch() }));
  return held.filter(({ hash }) => hash.some((byte) => byte !== 0));
}

/** The hash that holds in an epoch, or the oldest one still known. */
export function parameterHashAt(hashes: ParameterHashes, epoch: number): Uint8Array {
  return heldAt(hashes, epoch).hash;
}

/** The first epoch of those in which the parameters of an epoch hold; 0 for those the network was founded with. */
export function heldFrom(hashes: ParameterHashes, epoch: number): number {
  return heldAt(hashes, epoch).fromEpoch;
}

function heldAt(hashes: ParameterHashes, epoch: number): HeldFrom {
  return hashes.findLast(({ fromEpoch }) => fromEpoch <= epoch) ?? hashes[0]!;
}
