/** A hotspot as its owner reads it: what holds now, and what holds from which epoch on. */
import { regionPlans } from "@earshot/poc/radio";
import type { Hotspot, Location } from "../generated/registry.ts";

interface ByEpoch<T> {
  readonly current: T;
  readonly next: T;
  readonly fromEpoch: bigint;
}

/** Lines of `hotspot info`, in an epoch. */
export function hotspotText(address: string, hotspot: Hotspot, epoch: bigint): string {
  const { deviceKey, gatewayId, kind, maker, owner, location, antenna, beneficiary, suspended } = hotspot;
  const lines: readonly (readonly [string, string])[] = [
    ["device key", Buffer.from(deviceKey).toString("hex")],
    ["gateway id", Buffer.from(gatewayId).toString("hex")],
    ["account", address],
    ["kind", `${Object.keys(kind)[0]}${maker === null ? "" : `, made by ${maker.toBase58()}`}`],
    ["onboarded", `epoch ${hotspot.onboardedEpoch}, takes part from epoch ${hotspot.onboardedEpoch + 1n} on`],
    ["owner", byEpoch(owner, epoch, (wallet) => wallet.toBase58())],
    ["location", byEpoch(location, epoch, locationText)],
    ["antenna", byEpoch(antenna, epoch, ({ gainDdbi, elevationM }) => `${gainDdbi / 10} dBi, ${elevationM} m`)],
    ["paid to", byEpoch(beneficiary, epoch, ({ shares }) => shares.map(shareText).join(", "))],
    ["suspended", byEpoch(suspended, epoch, (isSuspended) => (isSuspended ? "yes" : "no"))],
    [
      "asserts",
      `${hotspot.assertNonce} so far, ${epoch === hotspot.assertEpoch ? hotspot.assertsInEpoch : 0} in this epoch`,
    ],
  ];
  return lines.map(([name, text]) => `${name.padEnd(11)} ${text}\n`).join("");
}

function byEpoch<T>({ current, next, fromEpoch }: ByEpoch<T>, epoch: bigint, show: (value: T) => string): string {
  const [now, later] = [show(current), show(next)];
  return epoch >= fromEpoch || now === later ? later : `${now}; from epoch ${fromEpoch} on ${later}`;
}

function locationText({ cell, cellPublic, region }: Location): string {
  if (cellPublic === 0n) return "not asserted";
  const name = regionPlans("corrected").find(({ number }) => number === region)?.name ?? `region ${region}`;
  return cell === 0n ? `${cellPublic.toString(16)} (private), ${name}` : `${cell.toString(16)}, ${name}`;
}

const shareText = ({ wallet, bps }: { readonly wallet: { toBase58(): string }; readonly bps: number }) =>
  `${bps / 100} % ${wallet.toBase58()}`;
