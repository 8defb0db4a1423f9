/** The twin detector on measured places, which are surely several. */
import { describe, expect, test } from "vitest";
import { publicReceivers } from "../../bench/spoof/campaigns.ts";
import { countAlike, countTwins, measuredPlaces } from "../../bench/spoof/places-as-hotspots.ts";
import { earshotDetectors } from "../../src/index.ts";

/** The one in the Antwerp set whose published place contradicts all its links. */
const MISPLACED = "004A026B";
const EVERY_DBM = -1500;

describe("places from which a transmitter was heard around Antwerp, as hotspots", () => {
  const { twins } = earshotDetectors;
  const receivers = publicReceivers().filter(({ id }) => id !== MISPLACED);
  const places = measuredPlaces(receivers, EVERY_DBM);
  const share = (voters: number) => {
    const { pairs, twins: found } = countTwins(places, { ...twins, voters }, twins.apartM, 1500);
    expect(pairs).toBeGreaterThan(1000);
    return found / pairs;
  };

  test("of pairs 0.7 to 1.5 km apart fewer than one in a thousand pass for one place, by the voters that the rules ask for", () => {
    expect(share(twins.voters)).toBeLessThan(0.001);
  });

  test("one voter fewer would take three times as many for one place", () => {
    expect(share(twins.voters - 1)).toBeGreaterThan(3 * share(twins.voters));
  });

  test("three of them that two receivers hear alone lose the same to both more often than a rule could bear", () => {
    const village = { fromM: twins.apartM, toM: 3000, size: 3, hearers: 2 };
    const { alike, groups } = countAlike(places, village, [twins.withinDdb]);
    expect(groups).toBeGreaterThan(1000);
    expect(alike[0] / groups).toBeGreaterThan(0.05);
  });
});
