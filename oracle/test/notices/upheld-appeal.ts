/** An appeal of a hotspot of the small epoch against what is said of its conduct, and the outcome that upholds it. */
import { type AppealOutcome, appealId } from "@earshot/poc";
import { NETWORK_NUMBERS, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { EPOCH } from "../small-epoch.ts";

const network = NETWORK_NUMBERS.local;
/** Signs outcomes. */
export const governance = signerFromEd25519Seed(new Uint8Array(32).fill(77));

/** `hotspot`: its key, hex. The detector is lifted from the epoch after the next one on, until `untilEpoch`. */
export function upheldAppeal(hotspot: string, untilEpoch: number) {
  const appeal = { kind: "appeal", network, hotspot, epoch: EPOCH, detector: "conduct", reason: "stolen key" } as const;
  const outcome: AppealOutcome = {
    kind: "outcome",
    network,
    appeal: appealId(appeal),
    hotspot,
    detector: "conduct",
    upheld: true,
    fromEpoch: EPOCH + 2,
    untilEpoch,
    reason: "the key was stolen",
  };
  return { appeal, outcome };
}
