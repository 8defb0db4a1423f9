/** Onboarding, selling and splitting: what decides who is paid for a hotspot. */
import fc from "fast-check";
import { deviceProof, onboardMessage } from "../../src/sdk/onboard.ts";
import * as acts from "../harness/acts.ts";
import * as calls from "../harness/calls.ts";
import { below, kind, one, wallet } from "./command-kind.ts";
import { DEVICES, WALLETS } from "./world.ts";

export const onboard = kind(
  "onboard",
  3,
  fc.record({ device: below(DEVICES), owner: below(3), isForged: fc.constantFrom(false, false, false, true) }),
  (model, { device, owner, isForged }) => {
    const { stage, wallets, devices } = model.world;
    const signedFor = isForged ? 3 : owner;
    const expected = model.registry.onboard(device, owner, signedFor, model.epoch);
    const terms = { maker: null, kind: "light", nonce: 1n } as const;
    const message = onboardMessage(stage.at, { ...terms, owner: wallets[signedFor]! });
    const key = devices[device]!;
    const [, own] = acts.onboard(stage.at, { device: key, owner: wallets[owner]!, payer: wallets[owner]! });
    return one(expected, deviceProof(key.key, message, key.sign(message)), own!);
  },
);

export const sell = kind("sell", 2, fc.record({ device: below(DEVICES), to: wallet }), (model, { device, to }) => {
  const { stage, wallets, devices } = model.world;
  const from = model.registry.hotspots.get(device)?.holder;
  if (from === undefined || from === to) return one(null);
  const expected = model.registry.transfer(device, from, to);
  const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
  return one(expected, ...acts.transferHotspot(hotspot, wallets[from]!, wallets[to]!));
});

export const syncOwner = kind(
  "syncOwner",
  4,
  fc.record({ device: below(DEVICES), other: fc.option(wallet, { freq: 2 }) }),
  (model, { device, other }) => {
    const { stage, wallets, devices } = model.world;
    const holder = other ?? model.registry.hotspots.get(device)?.holder ?? 0;
    const expected = model.registry.syncOwner(device, holder, model.epoch);
    const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
    return one(expected, acts.syncOwner(stage.at, hotspot, wallets[holder]!));
  },
);

const SPLITS = [[[10_000]], [[3_333, 6_667]], [[1, 9_998, 1]], [[5_000, 4_999]], [[0, 10_000]], [[]]] as const;

export const setBeneficiary = kind(
  "setBeneficiary",
  4,
  fc.record({ device: below(DEVICES), by: below(3), split: below(SPLITS.length), first: wallet }),
  (model, { device, by, split, first }) => {
    const { stage, wallets, devices } = model.world;
    const shares = SPLITS[split]![0].map((bps, index) => ({ wallet: (first + index) % WALLETS, bps }));
    const expected = model.registry.setBeneficiary(device, by, shares, model.epoch);
    const hotspot = calls.hotspotOf(stage.at.network, devices[device]!.key);
    const named = shares.map(({ wallet, bps }) => ({ wallet: wallets[wallet]!, bps }));
    return one(expected, acts.setBeneficiary(stage.at, hotspot, wallets[by]!, named));
  },
);
