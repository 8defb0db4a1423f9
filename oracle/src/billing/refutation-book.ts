/** Refutations that were accepted, by the packet they refute (poc/lorawan refutation.ts judges them; notices/ brings them in). */
import type { Db } from "../ports/store.ts";
import { readBytes } from "../store/values.ts";
import { PacketSet } from "./packet-set.ts";

/** Any word: the packets here are few, and were chosen by payers at a price. */
const SEED = 0x5eed;

export interface Refutation {
  /** SHA-256 of the disputed PHYPayload. */
  readonly packetHash: Uint8Array;
  /** Epoch in which it was logged. */
  readonly epoch: number;
}

/** Keeps refutations; the first one of a packet counts. */
export async function keepRefutation(db: Db, { packetHash, epoch }: Refutation): Promise<void> {
  const row = { packet_hash: packetHash, epoch, evidence: "" };
  await db.sql`INSERT INTO refutation ${db.sql.rows([row])} ON CONFLICT (packet_hash) DO NOTHING`;
}

/** Packets that were refuted in an epoch or later: what can have been said of the packets of that epoch. */
export async function refutedPackets(db: Db, fromEpoch: number): Promise<PacketSet> {
  const rows = await db.sql`SELECT packet_hash FROM refutation WHERE epoch >= ${fromEpoch} ORDER BY packet_hash`;
  const packets = new PacketSet(SEED);
  for (const row of rows) packets.add(readBytes(row.packet_hash));
  return packets;
}
