import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { earshot } from "../../src/parameters/presets/earshot.ts";
import { helium } from "../../src/parameters/presets/helium.ts";
import { beaconerUnitsE4, buildRewardUnitTable, witnessUnitsE4 } from "../../src/score/reward-units.ts";
import { readRewardVector, soaked } from "../reward/vector-file.ts";

interface Vector {
  readonly parameters: { readonly targetWitnesses: number; readonly decayE4: number; readonly capE4: number };
  readonly rows: readonly { readonly witnesses: number; readonly beaconer: string; readonly witness: string }[];
}

const vector = readRewardVector<Vector>("reward-units.json");
const hip15 = vector.parameters;

function decimalE4(text: string): number {
  const [whole, fraction = ""] = text.split(".");
  return Number(whole! + fraction.padEnd(4, "0"));
}

const anyUnits = fc.record({
  targetWitnesses: fc.integer({ min: 1, max: 30 }),
  decayE4: fc.integer({ min: 0, max: 10_000 }),
  capE4: fc.integer({ min: 10_000, max: 65_535 }),
});

describe("HIP-15 units", () => {
  test("are those of the published table", () => {
    for (const row of vector.rows) {
      expect([row.witnesses, beaconerUnitsE4(row.witnesses, hip15)]).toEqual([row.witnesses, decimalE4(row.beaconer)]);
      expect([row.witnesses, witnessUnitsE4(row.witnesses, hip15)]).toEqual([row.witnesses, decimalE4(row.witness)]);
    }
    expect(vector.rows).toHaveLength(16);
  });

  test("are the same in the presets helium and earshot", () => {
    expect(helium.units).toEqual(hip15);
    expect(earshot.units).toEqual(hip15);
  });

  test("stand in the table by number of witnesses", () => {
    const table = buildRewardUnitTable(hip15, 64);
    expect(table.beaconerE4).toHaveLength(65);
    for (let w = 0; w <= 64; w++) {
      expect(table.beaconerE4[w]).toBe(beaconerUnitsE4(w, hip15));
      expect(table.witnessE4[w]).toBe(witnessUnitsE4(w, hip15));
    }
  });

  test("of the beaconer rise to the cap and stay there", () => {
    expect(beaconerUnitsE4(48, hip15)).toBe(19_999);
    expect(beaconerUnitsE4(49, hip15)).toBe(20_000);
    expect(beaconerUnitsE4(1_000, hip15)).toBe(20_000);
  });

  test("round a tie to the even neighbour", () => {
    // 1/32 = 0.03125 → 0.0312, 3/32 = 0.09375 → 0.0938.
    const units = { targetWitnesses: 32, decayE4: 8_000, capE4: 20_000 };
    expect(beaconerUnitsE4(1, units)).toBe(312);
    expect(beaconerUnitsE4(3, units)).toBe(938);
  });

  test("are held down by a cap below what the formula gives", () => {
    const units = { ...hip15, capE4: 15_000 };
    expect(beaconerUnitsE4(7, units)).toBe(14_880);
    expect(beaconerUnitsE4(8, units)).toBe(15_000);
  });

  test("never fall for the beaconer and never rise for a witness as witnesses are added", () => {
    fc.assert(
      fc.property(anyUnits, fc.integer({ min: 1, max: 120 }), (units, w) => {
        expect(beaconerUnitsE4(w + 1, units)).toBeGreaterThanOrEqual(beaconerUnitsE4(w, units));
        expect(witnessUnitsE4(w + 1, units)).toBeLessThanOrEqual(witnessUnitsE4(w, units));
      }),
      soaked(300),
    );
  });

  test("pay target + 1 units in all from the target on, but for the rounding of each", () => {
    fc.assert(
      fc.property(anyUnits, fc.integer({ min: 0, max: 120 }), ({ targetWitnesses, decayE4 }, beyond) => {
        const units = { targetWitnesses, decayE4, capE4: 20_000 };
        const w = targetWitnesses + beyond;
        const paidE4 = beaconerUnitsE4(w, units) + w * witnessUnitsE4(w, units);
        expect(Math.abs(paidE4 - (targetWitnesses + 1) * 10_000)).toBeLessThanOrEqual((w + 1) / 2);
      }),
      soaked(300),
    );
  });

  test.each([
    ["a target of zero", { ...hip15, targetWitnesses: 0 }],
    ["a decay above one", { ...hip15, decayE4: 10_001 }],
    ["a decay that is not whole", { ...hip15, decayE4: 0.8 }],
    ["a cap below one", { ...hip15, capE4: 9_999 }],
    ["a cap beyond the column", { ...hip15, capE4: 65_536 }],
  ])("refuse %s", (_, units) => {
    expect(() => beaconerUnitsE4(5, units)).toThrow("POC_BAD_PARAMETERS");
    expect(() => witnessUnitsE4(5, units)).toThrow("POC_BAD_PARAMETERS");
    expect(() => buildRewardUnitTable(units, 14)).toThrow("POC_BAD_PARAMETERS");
  });

  test("refuse a number of witnesses that is none", () => {
    for (const w of [-1, 1.5, Number.NaN]) {
      expect(() => beaconerUnitsE4(w, hip15)).toThrow("POC_BAD_AMOUNT");
      expect(() => witnessUnitsE4(w, hip15)).toThrow("POC_BAD_AMOUNT");
      expect(() => buildRewardUnitTable(hip15, w)).toThrow("POC_BAD_PARAMETERS");
    }
  });
});
