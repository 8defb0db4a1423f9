/** conduct.arrow: what hotspots did in an epoch that the detector of conduct counts. */
import { allocateColumns, type Columns, conductTable, type EpochInput } from "@earshot/poc";
import { DEVICE_KEY_BYTES } from "@earshot/poc/protocol";

/**
 * Rows of the hotspots that forked their chain or whose receipts were refuted, by key, with the receipts they were paid for. `forks` and
 * `refuted`: by row of the registry.
 */
export function conductColumns(
  hotspots: Pick<EpochInput["hotspots"], "key">,
  forks: Uint32Array,
  refuted: Uint32Array,
  packets: Pick<EpochInput["packets"], "hotspot" | "data_credits">,
): Columns<typeof conductTable> {
  const keyOf = (row: number) => hotspots.key.subarray(row * DEVICE_KEY_BYTES, (row + 1) * DEVICE_KEY_BYTES);
  const rows = [...forks.keys()].filter((row) => forks[row] > 0 || refuted[row] > 0);
  rows.sort((a, b) => Buffer.compare(keyOf(a), keyOf(b)));
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  const conduct = allocateColumns(conductTable, rows.length);
  rows.forEach((row, place) => {
    conduct.key.set(keyOf(row), place * DEVICE_KEY_BYTES);
    conduct.forks[place] = forks[row];
    conduct.refuted[place] = refuted[row];
  });
  packets.hotspot.forEach((row, packet) => {
    const place = placeOf.get(row);
    if (place !== undefined && packets.data_credits[packet] > 0) conduct.paid[place]++;
  });
  return conduct;
}
