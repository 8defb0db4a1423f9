/** Datagrams and frames as a packet forwarder sends them, for tests that need no socket. */
import { encodeDataFrame, encodeJoinRequest } from "@earshot/poc/lorawan";

export const TEST_EUI = "0016c001f1500001";

const mic = Uint8Array.of(1, 2, 3, 4);

/** An unconfirmed uplink with a wrong MIC: the agent has no keys. */
export function dataFrame(devAddr: number, fCnt: number, frmPayload: Uint8Array = Uint8Array.of(fCnt)): Uint8Array {
  return encodeDataFrame({
    direction: "up",
    isConfirmed: false,
    devAddr,
    adr: false,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt,
    fOpts: new Uint8Array(0),
    fPort: 1,
    frmPayload,
    mic,
  });
}

export function joinRequest(devEui: bigint, devNonce: number): Uint8Array {
  return encodeJoinRequest({ joinEui: 1n, devEui, devNonce, mic });
}

/** An rxpk with usual values. */
export function rxpk(phyPayload: Uint8Array, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    tmst: 3512348611,
    freq: 868.1,
    chan: 2,
    rfch: 0,
    stat: 1,
    modu: "LORA",
    datr: "SF7BW125",
    codr: "4/5",
    rssi: -35,
    lsnr: 5.1,
    size: phyPayload.length,
    data: Buffer.from(phyPayload).toString("base64"),
    ...change,
  };
}

/** A datagram of a gateway: version 2 unless told otherwise. */
export function datagram(
  type: number,
  json: string,
  {
    eui = TEST_EUI,
    token = 0x1234,
    version = 2,
  }: { readonly eui?: string; readonly token?: number; readonly version?: number } = {},
): Uint8Array {
  const head = [version, token >>> 8, token & 0xff, type, ...Buffer.from(eui, "hex")];
  return Uint8Array.from([...head, ...Buffer.from(json)]);
}

/** PUSH_DATA of some rxpk elements. */
export function pushData(
  elements: readonly unknown[],
  options: { readonly eui?: string; readonly token?: number } = {},
): Uint8Array {
  return datagram(0, JSON.stringify({ rxpk: elements }), options);
}
