/** What is wrong with proof of coverage: oracles, rules, registration, beacons. Pure: the status is an argument. */
import type { AgentStatus } from "../status.ts";
import { ago, type Finding, fail, ok, warn } from "./finding.ts";
import { reachRemedy } from "./reach-remedy.ts";

/** Beacons are challenged every 6 h; twice that without one is a fault. */
const SILENT_BEACON_MS = 12 * 3_600_000;

type Proof = NonNullable<AgentStatus["proof"]>;

/** Findings about it, in the order in which one needs the other. */
export function proofFindings({ proof, nowMs, startedMs, primary, gateways }: AgentStatus): readonly Finding[] {
  if (proof === null) {
    return [warn("oracle", "No oracle is configured: no beacons, no rewards.", "Set oracle.urls and oracle.signers.")];
  }
  const oracles = proof.oracles.map(({ url, isReachable, problem }) =>
    isReachable
      ? ok(`oracle ${url}`, "It answers.")
      : fail(`oracle ${url}`, sentence(problem ?? "it was not reached yet"), oracleRemedy(problem ?? "")),
  );
  const rules =
    proof.parametersProblem === null
      ? []
      : [
          warn(
            "rules",
            sentence(`Not usable: ${proof.parametersProblem}`),
            "Check that oracle.network is the network of that oracle.",
          ),
        ];
  const beacons =
    proof.unchallenged.length > 0
      ? proof.unchallenged.map(unchallengedFinding)
      : [beaconFinding(proof, nowMs, startedMs)];
  return [...oracles, ...rules, ...registrationFindings(proof, primary, gateways.length > 0), ...beacons];
}

function oracleRemedy(problem: string): string {
  if (/signs with the key/.test(problem))
    return "Ask its operator which key it signs with, and put it into oracle.signers.";
  if (/serves network/.test(problem)) return "Set oracle.network, or name another oracle in oracle.urls.";
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/.test(problem)) return `${reachRemedy(problem)} It stands in oracle.urls.`;
  return "Check oracle.urls and that HTTPS is allowed out.";
}

/** What an oracle said is known as long as one answers; what is older is told as such. */
function registrationFindings(
  { oracles, isRegistered, unregistered }: Proof,
  { name }: AgentStatus["primary"],
  isForwarderHeard: boolean,
): readonly Finding[] {
  const check = "registration";
  const isAnswered = oracles.some(({ isReachable }) => isReachable);
  if (isRegistered === null && !isForwarderHeard)
    return [warn(check, "Oracles are asked when a forwarder is heard.", "See the forwarder above.")];
  if (isRegistered === null && isAnswered)
    return [warn(check, `No oracle has said yet whether ${name} is registered.`, "Ask again in half a minute.")];
  if (isRegistered === null)
    return [warn(check, `Nobody knows whether ${name} is registered: no oracle answers.`, "See the oracles above.")];
  if (isRegistered && isAnswered) return [ok(check, `${name} is registered.`)];
  if (isRegistered) {
    const cause = `${name} was registered when an oracle last answered; none answers now.`;
    return [warn(check, cause, "See the oracles above.")];
  }
  return unregistered.map(({ name, key, reason }) => {
    if (/next epoch/.test(reason)) return warn("registration", `${name} is ${reason}.`, "Wait: it is on its way.");
    if (/suspended/.test(reason)) return fail("registration", `${name} is ${reason}.`, "Ask who runs the network why.");
    return fail("registration", `${name} is not registered.`, `Register the key ${key} with your wallet.`);
  });
}

/** A hotspot that is registered and takes no part in proofs of coverage. */
function unchallengedFinding({ name, reason }: Proof["unchallenged"][number]): Finding {
  const cause = `${name} sends no beacons: ${reason}.`;
  if (/light/.test(reason)) return ok("beacon", `${cause} It earns with the packets it carries.`);
  if (/location/.test(reason)) {
    return warn("beacon", cause, "Assert where it stands with your wallet; it is challenged from the next epoch on.");
  }
  return warn("beacon", cause, "Assert its location again with the region it stands in, or ask who runs the network.");
}

function beaconFinding(proof: Proof, nowMs: number, startedMs: number): Finding {
  if (proof.region === null)
    return warn("beacon", "No region is set: no beacons are sent.", 'Set hotspot.region, such as "EU868".');
  const { lastBeaconMs } = proof;
  const lastBeacon =
    lastBeaconMs === null ? "No beacon was sent yet." : `The last beacon was sent ${ago(lastBeaconMs, nowMs)}.`;
  const isOverdue = nowMs - Math.max(proof.lastBeaconMs ?? 0, startedMs) > SILENT_BEACON_MS;
  if (!isOverdue && proof.beaconProblem === null) return ok("beacon", lastBeacon);
  return warn(
    "beacon",
    proof.beaconProblem ?? lastBeacon,
    "See the findings above: a beacon needs forwarder, oracle, registration, region and free air time.",
  );
}

/** Begins large and ends with one mark. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/([.?!])\.$/, "$1");
}
