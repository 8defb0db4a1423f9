/** Witness rows by partition: every row of one payload in the partition of its key, so that a proof is judged whole. */
import { type EpochInput, partitionOf, permuteColumns, witnessesTable } from "@earshot/poc";

/** Columns of each partition, rows in their order in `witnesses`; one partition is the table itself. */
export function splitWitnesses(
  witnesses: EpochInput["witnesses"],
  partitions: number,
): readonly EpochInput["witnesses"][] {
  if (partitions === 1) return [witnesses];
  const { payload_key_hi: keyHi, payload_key_lo: keyLo } = witnesses;
  const counts = new Uint32Array(partitions);
  for (let row = 0; row < keyHi.length; row++) counts[partitionOf(keyHi[row], keyLo[row], partitions)]++;
  const rows = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (let row = 0; row < keyHi.length; row++) {
    const partition = partitionOf(keyHi[row], keyLo[row], partitions);
    rows[partition][counts[partition]++] = row;
  }
  return rows.map((own) => permuteColumns(witnessesTable, witnesses, own));
}
