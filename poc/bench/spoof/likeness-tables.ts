/** How often measured places that surely are several look like one: to the twin detector, and where too few hear them for it. */
import { earshotDetectors } from "../../src/parameters/presets/detectors.ts";
import type { Receiver } from "./campaigns.ts";
import { countAlike, countTwins, measuredPlaces } from "./places-as-hotspots.ts";
import { db, table } from "./tables.ts";

/** All receptions, and those well above the floor at which an RSSI without an SNR stays, 0.1 dBm. */
const WEAKEST_DDBM = [-1500, -1150];
/** Twins are asked about by distance, and villages are this wide, m. */
const NEAR_M = 1500;
const FAR_M = 6000;
const VILLAGE_M = 3000;
/** Losses that differ by no more are very alike, 0.1 dB. */
const VERY_ALIKE_DDB = 30;

/** Two tables over receivers whose published places are right. */
export function likenessTables(receivers: readonly Receiver[]): string[] {
  return [twinTable(receivers), aloneTable(receivers)];
}

/** Places of moving transmitters as hotspots: how many of them the rules take for twins, by the voters they ask for. */
function twinTable(receivers: readonly Receiver[]): string {
  const { twins } = earshotDetectors;
  const rows = WEAKEST_DDBM.flatMap((weakestDdbm) => {
    const places = measuredPlaces(receivers, weakestDdbm);
    return [twins.voters - 1, twins.voters, twins.voters + 1].flatMap((voters) => {
      const rules = { ...twins, voters };
      const heard = places.filter(({ profile }) => profile.counterpart.length >= voters).length;
      const near = countTwins(places, rules, twins.apartM, NEAR_M);
      const far = countTwins(places, rules, NEAR_M, FAR_M);
      const all = countTwins(places, rules, twins.apartM, Number.POSITIVE_INFINITY);
      return [
        [
          weakestDdbm === WEAKEST_DDBM[0] ? "all" : `${db(weakestDdbm)} dBm and more`,
          voters === twins.voters ? `${voters} (preset)` : String(voters),
          String(heard),
          `${partOf(near.twins, near.pairs)} of ${near.pairs}`,
          `${partOf(far.twins, far.pairs)} of ${far.pairs}`,
          String(all.places),
        ],
      ];
    });
  });
  return table(
    "Twins: places of the Antwerp transmitters as hotspots, the receivers as voters; every twin is a false one",
    [
      "receptions",
      "voters asked for",
      "places heard by as many",
      `twins, pairs ${twins.apartM / 1000} to ${NEAR_M / 1000} km apart`,
      `twins, pairs ${NEAR_M / 1000} to ${FAR_M / 1000} km apart`,
      "places in a pair of twins",
    ],
    rows,
  );
}

/** Groups of the same places that so few hear that the twin detector does not ask: how often their losses are equal by chance. */
function aloneTable(receivers: readonly Receiver[]): string {
  const places = measuredPlaces(receivers, WEAKEST_DDBM[0]);
  const { twins } = earshotDetectors;
  const rows = [3, 4].flatMap((size) =>
    [1, 2, 3].map((hearers) => {
      const { alike, groups } = countAlike(places, { fromM: twins.apartM, hearers, size, toM: VILLAGE_M }, [
        twins.withinDdb,
        VERY_ALIKE_DDB,
      ]);
      return [String(size), String(hearers), String(groups), ...alike.map((count) => partOf(count, groups))];
    }),
  );
  return table(
    `Strangers under one roof: groups of these places, each two ${twins.apartM / 1000} to ${VILLAGE_M / 1000} km apart, that the same receivers heard and no other`,
    ["places", "receivers", "groups", `all losses within ${db(twins.withinDdb)} dB`, `within ${db(VERY_ALIKE_DDB)} dB`],
    rows,
  );
}

function partOf(count: number, all: number): string {
  return all === 0 ? "none" : `${((100 * count) / all).toFixed(2)} %`;
}
