/** The registry as it should be, as far as it decides who is paid: owners, holders of the tokens, and splits, by epoch. */
import type { DataCreditsModel } from "./data-credits-model.ts";
import { Timed } from "./timed.ts";

export interface ShareModel {
  readonly wallet: number;
  readonly bps: number;
}

export interface HotspotModel {
  readonly onboarded: bigint;
  readonly owner: Timed<number>;
  readonly beneficiary: Timed<readonly ShareModel[]>;
  holder: number;
  /** Wallets that have an account of its token. */
  readonly accounts: Set<number>;
}

const whole = (wallet: number): readonly ShareModel[] => [{ wallet, bps: 10_000 }];

export class RegistryModel {
  readonly hotspots = new Map<number, HotspotModel>();
  readonly dataCredits: DataCreditsModel;
  readonly fee: bigint;

  constructor(dataCredits: DataCreditsModel, fee: bigint) {
    this.dataCredits = dataCredits;
    this.fee = fee;
  }

  /** `signedFor` is the wallet the device named as owner. */
  onboard(device: number, owner: number, signedFor: number, epoch: bigint): string | null {
    if (this.hotspots.has(device)) return "account already in use";
    if (signedFor !== owner) return "WrongMessage";
    const refused = this.dataCredits.burnFee(owner, this.fee);
    if (refused !== null) return refused;
    this.hotspots.set(device, {
      onboarded: epoch,
      owner: new Timed(owner),
      beneficiary: new Timed(whole(owner)),
      holder: owner,
      accounts: new Set([owner]),
    });
    return null;
  }

  /** Sells. */
  transfer(device: number, from: number, to: number): string | null {
    const hotspot = this.hotspots.get(device);
    if (hotspot === undefined || hotspot.holder !== from) return "not held";
    hotspot.accounts.add(to);
    hotspot.holder = to;
    return null;
  }

  syncOwner(device: number, holder: number, epoch: bigint): string | null {
    const hotspot = this.hotspots.get(device);
    if (hotspot === undefined || !hotspot.accounts.has(holder)) return "AccountNotInitialized";
    if (hotspot.holder !== holder) return "NotTheHolder";
    if (hotspot.owner.latest === holder) return "OwnerUnchanged";
    hotspot.owner.set(holder, epoch + 1n, epoch);
    hotspot.beneficiary.set(whole(holder), epoch + 1n, epoch);
    return null;
  }

  setBeneficiary(device: number, by: number, shares: readonly ShareModel[], epoch: bigint): string | null {
    const hotspot = this.hotspots.get(device);
    if (hotspot === undefined || !hotspot.accounts.has(by)) return "AccountNotInitialized";
    if (hotspot.owner.latest !== by) return "OwnerNotSynced";
    if (hotspot.holder !== by) return "NotTheHolder";
    const sum = shares.reduce((total, { bps }) => total + bps, 0);
    const distinct = new Set(shares.map(({ wallet }) => wallet)).size === shares.length;
    if (shares.length > 6 || sum !== 10_000 || !distinct || shares.some(({ bps }) => bps === 0)) return "BadSplit";
    hotspot.beneficiary.set(shares, epoch + 1n, epoch);
    return null;
  }

  /** The splits of an epoch: of hotspots that were onboarded before it. */
  splitsOf(epoch: bigint): readonly (readonly ShareModel[])[] {
    return [...this.hotspots.values()]
      .filter(({ onboarded }) => onboarded < epoch)
      .map(({ beneficiary }) => beneficiary.at(epoch));
  }
}
