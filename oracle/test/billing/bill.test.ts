import { allocateColumns, hotspotsTable, packetsTable } from "@earshot/poc";
import { canonicalJsonBytes, sha256 } from "@earshot/poc/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { billCsv, billHash, billsOf } from "../../src/billing/bill.ts";

const AT = { network: 3, epoch: 20_600 };
const CELL_A = 0x881f1d4897fffffn;

interface Copy {
  readonly payer: number;
  readonly hotspot: number;
  readonly devAddr: number;
  readonly dataCredits: number;
}

function bills(copies: readonly Copy[]) {
  const packets = allocateColumns(packetsTable, copies.length);
  for (const [row, { payer, hotspot, devAddr, dataCredits }] of copies.entries()) {
    packets.payer.fill(payer, row * 32, row * 32 + 32);
    packets.hotspot[row] = hotspot;
    packets.dev_addr[row] = devAddr;
    packets.data_credits[row] = dataCredits;
    packets.phy_bytes[row] = 24 * dataCredits;
  }
  const hotspots = allocateColumns(hotspotsTable, 3);
  hotspots.cell_public.set([CELL_A, CELL_A + 1n, 0n]);
  return billsOf(packets, hotspots, AT);
}

describe("a bill", () => {
  test("has a line for each device and cell, and sums to what was billed", () => {
    const [bill, ...others] = bills([
      { payer: 9, hotspot: 0, devAddr: 0x26_01_02_03, dataCredits: 2 },
      { payer: 9, hotspot: 0, devAddr: 0x26_01_02_03, dataCredits: 1 },
      { payer: 9, hotspot: 1, devAddr: 0x26_01_02_03, dataCredits: 1 },
      { payer: 9, hotspot: 2, devAddr: 0x0a, dataCredits: 4 },
      // Not confirmed by anybody: nobody owes it.
      { payer: 0, hotspot: 0, devAddr: 0x26_01_02_03, dataCredits: 0 },
    ]);
    expect(others).toEqual([]);
    expect(bill).toMatchObject({ ...AT, copies: 4, phyBytes: 192, dataCredits: 8 });
    expect(billCsv(bill!).split("\r\n")).toEqual([
      "epoch,dev_addr,cell,copies,phy_bytes,data_credits",
      "20600,0000000a,,1,96,4",
      "20600,26010203,881f1d4897fffff,2,72,3",
      "20600,26010203,881f1d489800000,1,24,1",
      "",
    ]);
  });

  test("has a hash that anybody makes from its canonical JSON", () => {
    const [bill] = bills([{ payer: 9, hotspot: 0, devAddr: 1, dataCredits: 2 }]);
    expect(billHash(bill!)).toEqual(sha256(canonicalJsonBytes(JSON.parse(JSON.stringify(bill)))));
  });

  test("is not made for an epoch without billed copies", () => {
    expect(bills([])).toEqual([]);
  });

  test("leaves out no billed copy and bills none twice, in whatever order the packets stand", () => {
    const copy = fc.record({
      payer: fc.nat(3),
      hotspot: fc.nat(2),
      devAddr: fc.nat(4),
      dataCredits: fc.nat(11),
    });
    fc.assert(
      fc.property(fc.array(copy, { maxLength: 80 }), (copies) => {
        const all = bills(copies);
        const owed = all.reduce((sum, { dataCredits }) => sum + dataCredits, 0);
        expect(owed).toBe(copies.reduce((sum, { dataCredits }) => sum + dataCredits, 0));
        for (const { dataCredits, lines } of all) {
          expect(lines.reduce((sum, line) => sum + line.dataCredits, 0)).toBe(dataCredits);
        }
        expect(bills(copies.toReversed())).toEqual(all);
      }),
    );
  });
});
