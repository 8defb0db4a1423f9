import { earshot, helium, isPlaced } from "@earshot/poc";
import { expect, test } from "vitest";
import { checkSplits } from "../../src/epoch-folder/check-splits.ts";
import { refuseRowsOf } from "../../src/epoch-folder/check-tables.ts";
import { hotspotsAt } from "../../src/pipeline/registry-tables.ts";
import type { HotspotAccount, RewardShare } from "../../src/registry/hotspot-account.ts";

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const always = <T>(value: T) => ({ current: value, next: value, fromEpoch: 0 });
const share = (wallet: number, bps: number): RewardShare => ({ wallet: bytes(32, wallet), bps });

function account(device: number, beneficiary: HotspotAccount["beneficiary"]): HotspotAccount {
  return {
    network: bytes(32, 9),
    deviceKey: bytes(33, device),
    gatewayId: bytes(8, device),
    kind: "full",
    owner: always(bytes(32, 100 + device)),
    location: always({ cellPublic: 0n, cell: 0n, commitment: bytes(32, 0), region: 1 }),
    antenna: always({ gainDdbi: 12, elevationM: 10 }),
    suspended: always(false),
    onboardedEpoch: 1,
    beneficiary,
  };
}

test("a split on the chain is rows of splits.arrow in order of the wallets, and the hotspot names no wallet of its own", () => {
  const opening = hotspotsAt(
    [account(2, always([share(8, 2_500), share(7, 7_500)])), account(1, always([share(5, 10_000)]))],
    4,
  );
  const { hotspots, splits } = opening;
  expect([...hotspots.beneficiary.subarray(0, 1), hotspots.beneficiary[32]]).toEqual([5, 0]);
  expect([...splits!.hotspot]).toEqual([1, 1]);
  expect([splits!.wallet[0], splits!.wallet[32]]).toEqual([7, 8]);
  expect([...splits!.share_e4]).toEqual([7_500, 2_500]);
  checkSplits(opening, refuseRowsOf("epoch"));
});

test("a hotspot whose register shows a public cell and no finer one is private: with its commitment, and placed", () => {
  const hidden = { cellPublic: 0x88283082b9fffffn, cell: 0n, commitment: bytes(32, 6), region: 1 };
  const open = { ...hidden, cell: 0x8c283082b8001ffn };
  const beneficiary = always([share(5, 10_000)]);
  const { hotspots } = hotspotsAt(
    [
      { ...account(1, beneficiary), location: always(open) },
      { ...account(2, beneficiary), location: { current: open, next: hidden, fromEpoch: 4 } },
      account(3, beneficiary),
    ],
    4,
  );
  expect([...hotspots.cell]).toEqual([0n, 0n, open.cell]);
  expect([...hotspots.cell_public]).toEqual([hidden.cellPublic, 0n, hidden.cellPublic]);
  // An open place is seen by everybody, so there is nothing to commit to.
  expect([0, 32, 64].map((at) => hotspots.location_commitment[at])).toEqual([6, 0, 0]);
  expect([0, 1, 2].map((row) => isPlaced(hotspots, row, earshot))).toEqual([true, false, true]);
  expect([0, 1, 2].map((row) => isPlaced(hotspots, row, helium))).toEqual([false, false, true]);
});

test("a split that was written in an epoch holds from the next one on", () => {
  const written = { current: [share(5, 10_000)], next: [share(5, 5_000), share(6, 5_000)], fromEpoch: 5 };
  expect(hotspotsAt([account(1, written)], 4).splits).toBeUndefined();
  expect([...hotspotsAt([account(1, written)], 5).splits!.share_e4]).toEqual([5_000, 5_000]);
});
