/**
 * A LoRaWAN 1.0 end device for tests, on lora-packet: it joins (OTAA), sends data and reads downlinks. Independent of poc/lorawan.
 */
import loraPacket from "lora-packet";

export interface DeviceKeys {
  /** Hex, most significant byte first. */
  readonly devEui: string;
  readonly joinEui: string;
  readonly appKey: string;
}

export interface Session {
  /** Hex, most significant byte first. */
  readonly devAddr: string;
  readonly nwkSKey: Buffer;
  readonly appSKey: Buffer;
}

export interface ReceivedDownlink {
  readonly fCnt: number;
  readonly isAck: boolean;
  readonly data: Buffer;
}

export class LorawanDevice {
  readonly keys: DeviceKeys;
  session: Session | null = null;
  fCntUp = 0;
  #devNonce: number;
  #lastNonce: Buffer = Buffer.alloc(2);

  constructor(keys: DeviceKeys, firstDevNonce = 1) {
    this.keys = keys;
    this.#devNonce = firstDevNonce;
  }

  /** A device that was activated by hand. */
  static personalised(devAddr: string, nwkSKeyHex: string, appSKeyHex: string): LorawanDevice {
    const device = new LorawanDevice({ devEui: `00000000${devAddr}`, joinEui: "0000000000000000", appKey: "" });
    device.session = {
      devAddr,
      nwkSKey: Buffer.from(nwkSKeyHex, "hex"),
      appSKey: Buffer.from(appSKeyHex, "hex"),
    };
    return device;
  }

  /** PHYPayload of the next join-request. */
  joinRequest(): Uint8Array {
    const nonce = Buffer.alloc(2);
    nonce.writeUInt16BE(this.#devNonce++);
    const packet = loraPacket.fromFields(
      {
        MType: "Join Request",
        AppEUI: Buffer.from(this.keys.joinEui, "hex"),
        DevEUI: Buffer.from(this.keys.devEui, "hex"),
        DevNonce: nonce,
      },
      undefined,
      undefined,
      Buffer.from(this.keys.appKey, "hex"),
    );
    this.#lastNonce = nonce;
    return new Uint8Array(packet.getPHYPayload() as Buffer);
  }

  /** Takes the join-accept that answers the last join-request; false if it does not verify. */
  acceptJoin(phyPayload: Uint8Array): boolean {
    const appKey = Buffer.from(this.keys.appKey, "hex");
    const encrypted = loraPacket.fromWire(Buffer.from(phyPayload));
    const plain = loraPacket.fromWire(loraPacket.decryptJoinAccept(encrypted, appKey));
    if (!loraPacket.verifyMIC(plain, undefined, appKey)) return false;
    const keys = loraPacket.generateSessionKeys10(appKey, plain.NetID!, plain.AppNonce!, this.#lastNonce);
    this.session = { devAddr: plain.DevAddr!.toString("hex"), nwkSKey: keys.NwkSKey, appSKey: keys.AppSKey };
    this.fCntUp = 0;
    return true;
  }

  /** PHYPayload of the next data uplink. */
  uplink(
    data: Uint8Array | string,
    options: { readonly confirmed?: boolean; readonly fPort?: number } = {},
  ): Uint8Array {
    const session = this.session;
    if (session === null) throw new Error("the device has no session");
    const packet = loraPacket.fromFields(
      {
        MType: options.confirmed === true ? "Confirmed Data Up" : "Unconfirmed Data Up",
        DevAddr: Buffer.from(session.devAddr, "hex"),
        FCtrl: { ADR: false, ACK: false, ADRACKReq: false, FPending: false },
        FCnt: this.fCntUp++,
        FPort: options.fPort ?? 1,
        payload: Buffer.from(data as Uint8Array),
      },
      session.appSKey,
      session.nwkSKey,
    );
    return new Uint8Array(packet.getPHYPayload() as Buffer);
  }

  /** Reads a data downlink; null if it is not for this device or its MIC is wrong. */
  downlink(phyPayload: Uint8Array): ReceivedDownlink | null {
    const session = this.session;
    if (session === null) return null;
    const packet = loraPacket.fromWire(Buffer.from(phyPayload));
    if (!packet.isDataMessage() || packet.DevAddr!.toString("hex") !== session.devAddr) return null;
    if (!loraPacket.verifyMIC(packet, session.nwkSKey)) return null;
    const hasData = packet.FRMPayload !== undefined && packet.FRMPayload.length > 0;
    return {
      fCnt: packet.getFCnt()!,
      isAck: packet.getFCtrlACK() === true,
      data: hasData ? loraPacket.decrypt(packet, session.appSKey, session.nwkSKey) : Buffer.alloc(0),
    };
  }
}
