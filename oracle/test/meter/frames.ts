/** Frames and ChirpStack's messages about them, encoded by ChirpStack's own generated classes. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import integration from "@chirpstack/chirpstack-api/integration/integration_pb.js";
import { encodeDataFrame } from "@earshot/poc/lorawan";

/** An uplink with `payloadBytes` of payload; its MIC is not checked by anybody here. */
export function uplink(devAddr: number, fCnt: number, payloadBytes: number): Uint8Array {
  return encodeDataFrame({
    direction: "up",
    isConfirmed: false,
    devAddr,
    adr: true,
    adrAckReq: false,
    ack: false,
    isClassBOrPending: false,
    fCnt: fCnt & 0xffff,
    fOpts: new Uint8Array(0),
    fPort: 2,
    frmPayload: new Uint8Array(payloadBytes).fill(fCnt),
    mic: Uint8Array.of(1, 2, 3, 4),
  });
}

export function rxInfo(gatewayId: string, uplinkId: number): gw.UplinkRxInfo {
  const info = new gw.UplinkRxInfo();
  info.setGatewayId(gatewayId);
  info.setUplinkId(uplinkId);
  info.setRssi(-100);
  info.setSnr(5.5);
  info.setContext(Uint8Array.of(1, 2, 3, 4));
  info.getMetadataMap().set("region_config_id", "eu868");
  return info;
}

/** event/up of a gateway. */
export function deliveredMessage(gatewayId: string, uplinkId: number, phyPayload: Uint8Array): Uint8Array {
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(phyPayload);
  frame.setRxInfo(rxInfo(gatewayId, uplinkId));
  return frame.serializeBinary();
}

/** event/up of an application. */
export function acceptedMessage(
  devAddr: string,
  fCnt: number,
  copies: readonly { readonly gatewayId: string; readonly uplinkId: number }[],
): Uint8Array {
  const event = new integration.UplinkEvent();
  event.setDeduplicationId("3ac7e3c4-4401-4b8d-9386-a5c902f9202d");
  event.setDevAddr(devAddr);
  event.setFCnt(fCnt);
  event.setFPort(2);
  event.setData(Uint8Array.of(1, 2, 3));
  event.setRxInfoList(copies.map(({ gatewayId, uplinkId }) => rxInfo(gatewayId, uplinkId)));
  return event.serializeBinary();
}
