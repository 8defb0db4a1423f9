/** What cells.arrow says of excess loss, against the bound worked out row by row. */
import { chordSquared, positionOfCell, roundedDistanceM } from "@earshot/geo";
import { REASON, scoreEpoch } from "@earshot/poc";
import { buildLossTable, linkLossDdb } from "@earshot/poc/radio";
import { expect, test } from "vitest";
import { smallEpoch } from "../small-epoch.ts";

test("the median excess loss of a cell is that of the valid receptions of its beacons, to 0.1 dB", () => {
  const { input } = smallEpoch({ hotspots: 9 });
  const { hotspots, challenges, witnesses, parameters } = input;
  const { verdicts, cells } = scoreEpoch(input);
  const loss = buildLossTable(parameters.radio.speedOfLightMPerS);
  const place = (row: number) =>
    positionOfCell(Number(hotspots.cell[row] >> 32n), Number(hotspots.cell[row] & 0xffff_ffffn));
  const excess = new Map<bigint, number[]>();
  verdicts.log_index.forEach((logIndex, row) => {
    if (verdicts.kind[row] !== 2 || verdicts.reason[row] !== REASON.valid) return;
    const report = witnesses.log_index.indexOf(logIndex);
    const beaconer = challenges.hotspot[verdicts.challenge[row]];
    const [a, b] = [place(beaconer), place(verdicts.hotspot[row])];
    const distanceM = roundedDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
    // All hotspots of the small epoch send 27 dBm into 1.2 dBi and hear with 1.2 dBi.
    const boundDdbm = 270 + 12 + 12 - linkLossDdb(loss, distanceM, witnesses.frequency_hz[report]);
    const cell = hotspots.cell_public[beaconer];
    excess.set(cell, [...(excess.get(cell) ?? []), boundDdbm - witnesses.rssi_ddbm[report]]);
  });
  expect(excess.size).toBe(9);
  for (const [cell, values] of excess) {
    const row = cells.cell.findIndex((own, at) => own === cell && cells.resolution[at] === 8);
    const lowerMedian = values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
    expect(Math.abs(cells.median_excess_loss_ddb[row] - lowerMedian)).toBeLessThanOrEqual(1);
  }
});
