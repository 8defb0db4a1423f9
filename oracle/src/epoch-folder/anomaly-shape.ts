/** Parameters of the detectors of spoofing, field by field (poc/src/anomaly/anomaly-parameters.ts). */
import type { AnomalyParameters } from "@earshot/poc";
import { MAX_DISTANCE_M, share, U16_MAX } from "./common-shapes.ts";
import { fitting, integer, list, object } from "./json-shape.ts";

const ramp = { fromE4: share, fullE4: integer(1, 10_000) };
const isRamp = ({ fromE4, fullE4 }: { readonly fromE4: number; readonly fullE4: number }) =>
  fromE4 < fullE4 ? undefined : "expected fromE4 < fullE4";

export const anomalyShape = object({
  ruleVersion: integer(1, U16_MAX),
  evidenceBeacons: integer(1, U16_MAX),
  minimumVoters: integer(1, U16_MAX),
  voids: object({ links: integer(1, U16_MAX), shareE4: share }),
  cleanEpochs: integer(0, U16_MAX),
  votes: fitting(object(ramp), isRamp),
  placement: fitting(
    object({
      bands: list(object({ fromM: integer(0, MAX_DISTANCE_M), excessDdb: integer(-3000, 2000) }), 1, 32),
      certainDdb: integer(-3000, 2000),
      certainVoters: integer(1, U16_MAX),
    }),
    ({ bands }: AnomalyParameters["placement"]) =>
      bands[0].fromM === 0 && bands.every(({ fromM }, index) => index === 0 || fromM > bands[index - 1].fromM)
        ? undefined
        : "expected bands from 0 m on, each farther than the one before",
  ),
  reciprocity: object({ toleranceDdb: integer(0, 3000), surely: integer(1, U16_MAX), surelyDdb: integer(0, 3000) }),
  oneSided: object({ beacons: integer(1, U16_MAX), surely: integer(1, U16_MAX) }),
  silence: object({
    nearM: integer(1, MAX_DISTANCE_M),
    farM: integer(1, MAX_DISTANCE_M),
    farShareE4: integer(1, 10_000),
    silentFactorE4: integer(10_000, 1_000_000),
    voters: integer(1, U16_MAX),
  }),
  twins: object({
    apartM: integer(0, MAX_DISTANCE_M),
    tellingDdb: integer(0, 3000),
    withinDdb: integer(0, 3000),
    voters: integer(1, U16_MAX),
    agreeE4: integer(1, 10_000),
    ofOneOwner: integer(2, U16_MAX),
  }),
  behaviour: fitting(object({ ...ramp, priorCount: integer(0, U16_MAX) }), isRamp),
  keptPerEpochE4: share,
  effectE4: share,
});
