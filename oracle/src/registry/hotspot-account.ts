/** A hotspot as the registry program holds it (programs/registry/src/state/hotspot.rs), from the bytes of its account. */
import { AccountReader } from "./account-reader.ts";
import { readTimed, type Timed } from "./timed.ts";

export interface HotspotLocation {
  /** H3 index of resolution 8; 0 before the first assert. */
  readonly cellPublic: bigint;
  /** H3 index of resolution 12; 0 for a private hotspot. */
  readonly cell: bigint;
  /** 32 bytes; zero before the first assert. */
  readonly commitment: Uint8Array;
  /** Number of the region. */
  readonly region: number;
}

export interface HotspotAntenna {
  readonly gainDdbi: number;
  readonly elevationM: number;
}

export interface RewardShare {
  /** 32 bytes. */
  readonly wallet: Uint8Array;
  /** 1e-4 of the rewards. */
  readonly bps: number;
}

export interface HotspotAccount {
  /** Address of its network, 32 bytes. */
  readonly network: Uint8Array;
  /** 33 bytes. */
  readonly deviceKey: Uint8Array;
  /** 8 bytes. */
  readonly gatewayId: Uint8Array;
  /** `full`: proofs and data. `light`: data only. */
  readonly kind: "full" | "light";
  /** 32 bytes. */
  readonly owner: Timed<Uint8Array>;
  readonly location: Timed<HotspotLocation>;
  readonly antenna: Timed<HotspotAntenna>;
  readonly suspended: Timed<boolean>;
  /** Epoch it was onboarded in; it takes part from the next one on. */
  readonly onboardedEpoch: number;
  readonly beneficiary: Timed<readonly RewardShare[]>;
  /** Where it stands, 32 bytes; undefined where only its bytes were kept. */
  readonly address?: Uint8Array;
}

export const HOTSPOT_ACCOUNT = "Hotspot";
/** Where the network's address stands in the account. */
export const HOTSPOT_NETWORK_OFFSET = 8;
const MAX_SHARES = 6;

/** Throws ORC_BAD_ACCOUNT for bytes that are no hotspot. */
export function decodeHotspot(bytes: Uint8Array): HotspotAccount {
  const reader = new AccountReader(bytes, HOTSPOT_ACCOUNT);
  const network = reader.bytes(32);
  const deviceKey = reader.bytes(33);
  const gatewayId = reader.bytes(8);
  const kind = reader.choice(2) === 0 ? "full" : "light";
  reader.bytes(32); // mint of its token
  reader.option(() => reader.bytes(32)); // maker
  const owner = readTimed(reader, () => reader.bytes(32));
  const location = readTimed(reader, () => readLocation(reader));
  const antenna = readTimed(reader, () => ({ gainDdbi: reader.i16(), elevationM: reader.i16() }));
  const suspended = readTimed(reader, () => reader.flag());
  reader.u32(); // number of the last assert
  reader.u64(); // epoch of the last assert
  reader.u16(); // asserts in that epoch
  reader.u64(); // fee
  reader.u64(); // number that the device signed
  const onboardedEpoch = reader.epoch();
  reader.u8(); // bump
  const beneficiary = readTimed(reader, () =>
    reader.list(MAX_SHARES, () => ({ wallet: reader.bytes(32), bps: reader.u16() })),
  );
  return { network, deviceKey, gatewayId, kind, owner, location, antenna, suspended, onboardedEpoch, beneficiary };
}

function readLocation(reader: AccountReader): HotspotLocation {
  return { cellPublic: reader.u64(), cell: reader.u64(), commitment: reader.bytes(32), region: reader.u8() };
}
