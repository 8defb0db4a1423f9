/**
 * Rules of the detectors of preset `earshot`: how they were found and what they let through stands in docs/reference/spoofing.md.
 *
 * Placement limits are 1.5 dB under what 99 % of honest windows of any public campaign lose from 4 km on, and fall towards near links. Votes count from 40 %: a
 * third that lies and a tenth of the rest that errs.
 */
import type { AnomalyParameters } from "../../anomaly/anomaly-parameters.ts";

export const earshotDetectors: AnomalyParameters = {
  ruleVersion: 5,
  evidenceBeacons: 4,
  minimumVoters: 5,
  voids: { links: 4, shareE4: 2500 },
  cleanEpochs: 14,
  votes: { fromE4: 4000, fullE4: 6600 },
  placement: {
    bands: [
      { fromM: 0, excessDdb: -100 },
      { fromM: 2000, excessDdb: 0 },
      { fromM: 4000, excessDdb: 100 },
      { fromM: 6000, excessDdb: 150 },
      { fromM: 8000, excessDdb: 175 },
    ],
    certainDdb: 100,
    certainVoters: 3,
  },
  reciprocity: { toleranceDdb: 120, surely: 3, surelyDdb: 150 },
  oneSided: { beacons: 2, surely: 3 },
  silence: { nearM: 1000, farM: 4000, farShareE4: 6600, silentFactorE4: 20_000, voters: 6 },
  twins: { apartM: 700, tellingDdb: 30, withinDdb: 50, voters: 5, agreeE4: 7000, ofOneOwner: 3 },
  behaviour: { priorCount: 20, fromE4: 200, fullE4: 1000 },
  keptPerEpochE4: 9000,
  effectE4: 10_000,
};
