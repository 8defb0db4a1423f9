/**
 * One verdict for every beacon report, before its witnesses are looked at, and the beacon lines the witness kernel reads.
 *
 * Beacons are few, so they are judged in log order by one pass over the whole epoch; that is also what Helium's `irregular_interval`
 * needs, whose last-beacon time moves with every report. Reciprocity is judged later (reciprocity.ts).
 */
import { pocError } from "../errors.ts";
import type { NetworkParameters } from "../parameters/network-parameters.ts";
import { type RegionPlanSet, regionPlans } from "../radio/region.ts";
import { type BeaconFacts, emptyBeaconFacts } from "../verify/beacon-facts.ts";
import { beaconChecks } from "../verify/checks/beacon.ts";
import { type HotspotLines, LINE, LINE_STRIDE, META } from "../verify/hotspot-lines.ts";
import { REASON } from "../verify/reason.ts";
import { BEACON_LINE, BEACON_STRIDE } from "../verify/witness-job.ts";
import { permuteColumns } from "./columns.ts";
import type { EpochInput } from "./epoch-input.ts";
import { logOrder } from "./log-order.ts";
import { beaconsTable, NO_ROW } from "./tables.ts";

export interface BeaconVerdicts {
  readonly count: number;
  /** The beacons table in log order; every other column here is parallel to it. */
  readonly beacons: EpochInput["beacons"];
  /** Sender, or the number of hotspots for a key that is not registered. */
  readonly hotspot: Uint32Array;
  readonly reason: Uint8Array;
  readonly measured: Int32Array;
  readonly limit: Int32Array;
  /** 1 for the report whose payload witnesses are matched with: its sender's first of a challenge of its own. */
  readonly matches: Uint8Array;
  /** Beacon lines (witness-job.ts) by beacon row, and a last one for rows that match no beacon. */
  readonly lines: Int32Array;
}

/** Judges all beacon reports of the epoch. `lastBeaconMs`: last beacon of each hotspot before the epoch, Unix ms, 0 for never. */
export function judgeBeacons(input: EpochInput, hotspots: HotspotLines, lastBeaconMs: Float64Array): BeaconVerdicts {
  const { parameters } = input;
  const order = logOrder(input.beacons.log_index, beaconsTable.name);
  const beacons = order === null ? input.beacons : permuteColumns(beaconsTable, input.beacons, order);
  const count = beacons.log_index.length;
  const verdicts = {
    count,
    beacons,
    hotspot: new Uint32Array(count),
    reason: new Uint8Array(count),
    measured: new Int32Array(count),
    limit: new Int32Array(count),
    matches: new Uint8Array(count),
    lines: new Int32Array((count + 1) * BEACON_STRIDE),
  };
  writeStaleLine(verdicts.lines, count);
  const checks = beaconChecks(parameters.beaconChecks);
  const running = parameters.challenge.kind === "reported-entropy";
  const due = running ? new RunningIntervals(input, lastBeaconMs) : null;
  const claimed = new Uint8Array(input.challenges.minute.length);
  const maximumEirp = maximumEirpByRegion(parameters.radio.regionPlans);
  const facts = emptyBeaconFacts();
  facts.frequencyToleranceHz = parameters.radio.frequencyToleranceHz;

  for (let row = 0; row < count; row++) {
    const challenge = beacons.challenge[row];
    const sender = beacons.hotspot[row];
    const hotspot = Math.min(sender, hotspots.count);
    const line = hotspot * LINE_STRIDE;
    verdicts.hotspot[row] = hotspot;
    facts.meta = hotspots.lines[line + LINE.meta];
    facts.proofStatus = beacons.proof_status[row];
    facts.receiveOffsetMs = beacons.receive_offset_ms[row];
    facts.frequencyHz = beacons.frequency_hz[row];
    facts.dataRate = beacons.data_rate[row];
    facts.eirpDdbm = beacons.tx_power_ddbm[row] + hotspots.lines[line + LINE.gain];
    facts.maximumEirpDdbm = maximumEirp[facts.meta & META.regionMask];
    const own = fillChallenge(input, facts, challenge, sender, claimed);
    if (due !== null) due.fill(facts, hotspot);

    let reason: number = REASON.valid;
    for (const check of checks) {
      if (!check.fails(facts)) continue;
      reason = REASON[check.name];
      verdicts.reason[row] = reason;
      verdicts.measured[row] = check.measured(facts);
      verdicts.limit[row] = check.limit(facts);
      break;
    }
    if (due !== null && reason !== REASON.gateway_not_found && reason !== REASON.not_asserted)
      due.beaconed(facts, hotspot);
    if (own && facts.place === 1) {
      verdicts.matches[row] = 1;
      claimed[challenge] = 1;
    }
    fillLine(verdicts, row, facts);
  }
  return verdicts;
}

/** The line of a group without a beacon: its rows are stale. */
export function writeStaleLine(lines: Int32Array, group: number): void {
  lines[group * BEACON_STRIDE + BEACON_LINE.reason] = REASON.stale;
  lines[group * BEACON_STRIDE + BEACON_LINE.limit] = 1;
}

/** Greatest EIRP by region number, 0.1 dBm; unknown regions allow none. */
function maximumEirpByRegion(set: RegionPlanSet): Int32Array {
  const maximum = new Int32Array(META.regionMask + 1).fill(-0x80000000);
  for (const plan of regionPlans(set)) maximum[plan.number] = plan.maxEirpDdbm;
  return maximum;
}

/** Fills what the challenge says; true when it is the sender's own. */
function fillChallenge(
  input: EpochInput,
  facts: BeaconFacts,
  challenge: number,
  sender: number,
  claimed: Uint8Array,
): boolean {
  const { challenges, parameters } = input;
  const { time } = parameters;
  const known = challenge < challenges.minute.length;
  if (!known && challenge !== NO_ROW)
    throw pocError("POC_BAD_COLUMNS", `beacons.challenge: no row ${challenge} in challenges`);
  const own = known && challenges.hotspot[challenge] === sender;
  facts.place = own && claimed[challenge] !== 0 ? 2 : 1;
  facts.interval = known ? Math.floor(challenges.minute[challenge] / (time.intervalMs / time.entropyMs)) : 0;
  // Under sortition a beacon without a challenge of its own is never due.
  facts.firstInterval = own ? facts.interval : facts.interval + 1;
  // Reported entropy may have begun before the epoch: the offset is then negative, in two's complement.
  facts.zeroOffsetMs = known ? challenges.transmit_offset_ms[challenge] | 0 : 0;
  facts.challengeFrequencyHz = known ? challenges.frequency_hz[challenge] : facts.frequencyHz;
  facts.challengeDataRate = known ? challenges.data_rate[challenge] : facts.dataRate;
  if (parameters.challenge.kind === "sortition") {
    facts.firstOffsetMs = known ? facts.zeroOffsetMs - time.earlyToleranceMs : 0;
    facts.lastOffsetMs = known ? facts.zeroOffsetMs + time.windowMs : 0x7fffffff;
  } else {
    // Whole seconds, both ends inclusive: the last millisecond of the last second still counts.
    facts.firstOffsetMs = facts.zeroOffsetMs;
    facts.lastOffsetMs = facts.zeroOffsetMs + time.windowMs + 999;
  }
  return own;
}

function fillLine(verdicts: BeaconVerdicts, row: number, facts: BeaconFacts): void {
  const { lines } = verdicts;
  const at = row * BEACON_STRIDE;
  lines[at + BEACON_LINE.hotspot] = verdicts.hotspot[row];
  lines[at + BEACON_LINE.frequencyHz] = facts.frequencyHz;
  lines[at + BEACON_LINE.dataRate] = facts.dataRate;
  lines[at + BEACON_LINE.eirpDdbm] = facts.eirpDdbm;
  lines[at + BEACON_LINE.zeroOffsetMs] = facts.zeroOffsetMs;
  lines[at + BEACON_LINE.firstOffsetMs] = facts.firstOffsetMs;
  lines[at + BEACON_LINE.lastOffsetMs] = facts.lastOffsetMs;
  lines[at + BEACON_LINE.reason] = verdicts.reason[row];
  lines[at + BEACON_LINE.measured] = verdicts.measured[row];
  lines[at + BEACON_LINE.limit] = verdicts.limit[row];
  lines[at + BEACON_LINE.receiveOffsetMs] = facts.receiveOffsetMs;
}

/** Helium's schedule rule B7: the interval of a report must be later than that of the hotspot's last one, whatever became of it. */
class RunningIntervals {
  readonly #last: Float64Array;
  readonly #epochStartMs: number;
  readonly #intervalMs: number;

  constructor(
    input: { readonly header: EpochInput["header"]; readonly parameters: NetworkParameters },
    lastBeaconMs: Float64Array,
  ) {
    this.#epochStartMs = input.header.epoch * input.parameters.time.epochMs;
    this.#intervalMs = input.parameters.time.intervalMs;
    this.#last = lastBeaconMs.map((lastMs) => (lastMs === 0 ? -1 : Math.floor(lastMs / this.#intervalMs)));
  }

  fill(facts: BeaconFacts, hotspot: number): void {
    facts.interval = Math.floor((this.#epochStartMs + facts.receiveOffsetMs) / this.#intervalMs);
    facts.firstInterval = hotspot < this.#last.length ? this.#last[hotspot] + 1 : 0;
  }

  /** A plain overwrite and no maximum, as in Helium: an older report handled later moves it back. */
  beaconed(facts: BeaconFacts, hotspot: number): void {
    if (hotspot < this.#last.length) this.#last[hotspot] = facts.interval;
  }
}
