import { earshot, helium } from "@earshot/poc";
import { deriveChallenge, findChallenge } from "@earshot/poc/protocol";
import { describe, expect, test } from "vitest";
import { deriveChallenges } from "../../src/load/derive-challenges.ts";
import { EPOCH, EPOCH_MS, parameters, smallEntropy, smallHotspots } from "../small-epoch.ts";
import { messageOf } from "../temporary-folder.ts";

const { hotspots } = smallHotspots(6);
const entropy = smallEntropy(EPOCH);
const source = { header: { epoch: EPOCH }, parameters, hotspots, entropy };
const { entropyMs, intervalMs, transmitDelayMs, transmitSpreadMs, windowMs } = parameters.time;

function derived(from: typeof source = source) {
  const challenges = deriveChallenges(from);
  if (challenges === undefined) throw new Error("no challenges");
  return challenges;
}

function entropyOf(minute: number): Uint8Array {
  const row = entropy.minute.indexOf(minute);
  return entropy.blockhash.slice(row * 32, (row + 1) * 32);
}

describe("deriveChallenges", () => {
  test("gives every hotspot one challenge an interval, the one that walking the minutes finds", () => {
    const challenges = derived();
    expect(challenges.minute.length).toBe(6 * 4);
    for (let row = 0; row < challenges.minute.length; row++) {
      const minute = challenges.minute[row];
      const perInterval = intervalMs / entropyMs;
      const start = Math.floor(minute / perInterval) * perInterval;
      const hotspot = challenges.hotspot[row];
      const key = hotspots.key.slice(hotspot * 33, (hotspot + 1) * 33);
      const found = findChallenge(key, start, entropyOf, parameters.time);
      expect(found?.minute).toBe(minute);
      expect(found?.challengeId).toEqual(challenges.challenge_id.slice(row * 32, (row + 1) * 32));
      expect(EPOCH * EPOCH_MS + challenges.transmit_offset_ms[row]).toBe(found?.transmitMs);
      expect(deriveChallenge(key, minute, entropyOf(minute), parameters.time)?.channelDraw).toBe(found?.channelDraw);
    }
  });

  test("samples by the entropy of the first minute that begins after the window has closed", () => {
    const challenges = derived();
    for (let row = 0; row < challenges.minute.length; row++) {
      const closesMs = EPOCH * EPOCH_MS + challenges.transmit_offset_ms[row] + windowMs;
      const minute = Math.floor(closesMs / entropyMs) + 1;
      expect(minute * entropyMs).toBeGreaterThan(closesMs);
      expect((minute - 1) * entropyMs).toBeLessThanOrEqual(closesMs);
      expect(challenges.sampling_entropy.slice(row * 32, (row + 1) * 32)).toEqual(entropyOf(minute));
    }
  });

  test("draws a channel of the region, the network's data rate, and a time in the minute's spread", () => {
    const challenges = derived();
    for (let row = 0; row < challenges.minute.length; row++) {
      // US915 beacons on eight channels from 903.9 MHz in steps of 200 kHz.
      expect((challenges.frequency_hz[row] - 903_900_000) % 200_000).toBe(0);
      expect(challenges.frequency_hz[row]).toBeLessThanOrEqual(905_300_000);
      expect(challenges.data_rate[row]).toBe(earshot.challenge.dataRate);
      const inMinuteMs = (EPOCH * EPOCH_MS + challenges.transmit_offset_ms[row]) % entropyMs;
      expect(inMinuteMs).toBeGreaterThanOrEqual(transmitDelayMs);
      expect(inMinuteMs).toBeLessThan(transmitDelayMs + transmitSpreadMs);
    }
  });

  test("is ordered by minute and hotspot", () => {
    const { minute, hotspot } = derived();
    for (let row = 1; row < minute.length; row++) {
      expect(minute[row] * 100 + hotspot[row]).toBeGreaterThan(minute[row - 1] * 100 + hotspot[row - 1]);
    }
  });

  test("challenges nobody who may not prove coverage", () => {
    const barred = {
      ...hotspots,
      cell: hotspots.cell.map((cell, row) => (row === 0 ? 0n : cell)),
      cell_public: hotspots.cell_public.map((cell, row) => (row === 0 ? 0n : cell)),
      capability: hotspots.capability.map((capability, row) => (row === 1 ? 0 : capability)),
      suspended: hotspots.suspended.map((suspended, row) => (row === 2 ? 1 : suspended)),
      // CN779 has no plan.
      region: hotspots.region.map((region, row) => (row === 3 ? 4 : region)),
    };
    const challenged = new Set(derived({ ...source, hotspots: barred }).hotspot);
    expect([...challenged].sort()).toEqual([4, 5]);
  });

  test("challenges a private hotspot as an open one where the rules judge it, and else not at all", () => {
    const hidden = { ...hotspots, cell: hotspots.cell.map((cell, row) => (row === 0 ? 0n : cell)) };
    expect(derived({ ...source, hotspots: hidden })).toEqual(derived());
    const { privateLocations: _, ...rules } = source.parameters;
    const challenged = new Set(derived({ ...source, hotspots: hidden, parameters: rules }).hotspot);
    expect([...challenged].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  test("gives no challenges under rules whose beaconers choose when", () => {
    expect(deriveChallenges({ ...source, parameters: helium })).toBeUndefined();
  });

  const cut = (from: number, to: number) => ({
    minute: entropy.minute.slice(from, to),
    slot: entropy.slot.slice(from, to),
    block_time_s: entropy.block_time_s.slice(from, to),
    blockhash: entropy.blockhash.slice(from * 32, to * 32),
  });

  test("refuses entropy that lacks a minute of the epoch", async () => {
    expect(await messageOf(() => deriveChallenges({ ...source, entropy: cut(1, 28) }))).toBe(
      `ORC_BAD_ROW: entropy.arrow: minute: no row for minute ${entropy.minute[0]} of the epoch`,
    );
  });

  test("refuses entropy that lacks the minute in which a challenge is sampled, and never samples with zeros", async () => {
    const perEpoch = EPOCH_MS / entropyMs;
    const message = await messageOf(() => deriveChallenges({ ...source, entropy: cut(0, perEpoch) }));
    expect(message).toMatch(
      /^ORC_BAD_ROW: entropy\.arrow: minute: no row for minute \d+, which samples challenge \d+$/,
    );
    expect(Number(/minute (\d+)/.exec(message)?.[1])).toBeGreaterThanOrEqual(entropy.minute[0] + perEpoch);
  });

  test("gives the first intervals alone as they are in the whole epoch", () => {
    const whole = derived();
    const rows = whole.transmit_offset_ms.filter((offset) => offset < 2 * intervalMs).length;
    const first = deriveChallenges({ ...source, entropy: cut(0, 16) }, 2 * intervalMs);
    expect(first?.challenge_id).toEqual(whole.challenge_id.slice(0, rows * 32));
    expect(first?.sampling_entropy).toEqual(whole.sampling_entropy.slice(0, rows * 32));
  });

  test("takes another data rate in the regions the parameters name", () => {
    const challenge = { ...parameters.challenge, regionDataRates: [{ region: "EU868", dataRate: 9 }] };
    const region = hotspots.region.map((_, row) => (row < 3 ? 1 : 0));
    const challenges = derived({
      ...source,
      parameters: { ...parameters, challenge },
      hotspots: { ...hotspots, region },
    });
    challenges.hotspot.forEach((hotspot, row) => {
      expect(challenges.data_rate[row]).toBe(hotspot < 3 ? 9 : 10);
    });
  });
});
