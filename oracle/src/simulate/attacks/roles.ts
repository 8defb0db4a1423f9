/** What each family of attacks makes of a hotspot's radio and reports (fixtures/attacks/attacks.json says it in words). */
import { type Attack, type AttackRole, HONEST_ROLE } from "./attack.ts";

/** Amplifier of the naive, and of those who know the limit of the gap between directions, 0.1 dB. */
const AMPLIFIED_DDB = { naive: 200, informed: 120 } as const;
/** What a moved hotspot that knows the rules takes off its power without saying so, 0.1 dB. */
const MOVED_QUIETER_DDB = -150;
const NAIVE_CLAIM_M = 100_000;
const INFORMED_CLAIM_M = 8000;
const RELAY_SHARE = 0.75;
const REFLEX_ON_AIR_SHARE = 0.25;

/** The role of a member of `group`; `unit`, 0 to 1, is the member's own draw. */
export function roleOf({ name, strength, intensity, isRehearsal }: Attack, group: number, unit: number): AttackRole {
  const isNaive = strength === "naive";
  const own = { ...HONEST_ROLE, group };
  if (isRehearsal === true) return own;
  const figures = isNaive ? "constant" : "fitting";
  const claims = {
    figures,
    claimWithinM: isNaive ? NAIVE_CLAIM_M : INFORMED_CLAIM_M,
    claimShare: isNaive ? 1 : intensity,
  } as const;
  switch (name) {
    case "moved":
      return isNaive ? own : { ...own, figures: "fitting", extraPowerDdb: MOVED_QUIETER_DDB };
    case "room":
      return isNaive ? own : { ...own, figures: "fitting", hiddenLossDdb: Math.floor(60 * unit) };
    case "mast":
      return isNaive ? own : { ...own, figures: "fitting" };
    case "amplifier":
      return { ...own, extraPowerDdb: isNaive ? AMPLIFIED_DDB.naive : Math.floor(AMPLIFIED_DDB.informed * intensity) };
    case "middleman":
      return { ...own, ...claims, claims: "of_group" };
    case "relay":
      return { ...own, ...claims, claims: "heard_by_group", claimShare: isNaive ? 1 : RELAY_SHARE * intensity };
    case "stuffing":
      return { ...own, ...claims, claims: "all" };
    case "replay":
      return { ...own, extra: isNaive ? "replay" : "repeats" };
    case "theft":
      return { ...own, extra: "theft" };
    case "clone":
      return { ...own, figures: isNaive ? "true" : "fitting", claimShare: intensity };
    case "one_way":
      return { ...own, onAirShare: isNaive ? 0 : REFLEX_ON_AIR_SHARE };
    case "ring":
      return { ...own, ...claims, isInvented: true, claims: "of_group", claimWithinM: NAIVE_CLAIM_M, claimShare: 1 };
    case "self_traffic":
      return { ...own, extra: "self_traffic" };
    case "receipts":
      return { ...own, extra: "receipts" };
    case "grinding":
      return { ...own, extra: "ground_key" };
    case "flooding":
      return { ...own, extra: isNaive ? "junk" : "repeats" };
  }
}
