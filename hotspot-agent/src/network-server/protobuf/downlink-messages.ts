/** Downlink frames in protobuf, both ways. Bytes that are no such message are null. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import { modulationOf, type RawDownlink, type RawDownlinkItem } from "../gateway-message.ts";
import { downlinkFrameShape } from "../message-shapes.ts";
import { fitsShape } from "../wire-shape.ts";
import { modulationMessage, rawModulation } from "./modulation-messages.ts";
import { duration, reading, secondsNanos } from "./time-messages.ts";

/** command/down. */
export function decodeDownlink(bytes: Uint8Array): RawDownlink | null {
  if (!fitsShape(bytes, downlinkFrameShape)) return null;
  return reading(() => {
    const frame = gw.DownlinkFrame.deserializeBinary(bytes);
    return {
      downlinkId: frame.getDownlinkId(),
      gatewayId: frame.getGatewayId(),
      items: frame.getItemsList().map(rawItem),
    };
  });
}

/** command/down for another gateway software. */
export function encodeDownlink(downlink: RawDownlink): Uint8Array {
  const frame = new gw.DownlinkFrame();
  frame.setDownlinkId(downlink.downlinkId);
  frame.setGatewayId(downlink.gatewayId);
  for (const item of downlink.items) frame.addItems(itemMessage(item));
  return frame.serializeBinary();
}

const noContext = new Uint8Array(0);

function rawItem(message: gw.DownlinkFrameItem): RawDownlinkItem {
  const txInfo = message.getTxInfo();
  const modulation = txInfo?.getModulation();
  return {
    phyPayload: message.getPhyPayload_asU8(),
    frequencyHz: txInfo?.getFrequency() ?? 0,
    eirpDbm: txInfo?.getPower() ?? 0,
    modulation: modulation === undefined ? null : rawModulation(modulation),
    board: txInfo?.getBoard() ?? 0,
    antenna: txInfo?.getAntenna() ?? 0,
    timing: rawTiming(txInfo?.getTiming()),
    context: txInfo?.getContext_asU8() ?? noContext,
  };
}

function rawTiming(timing: gw.Timing | undefined): RawDownlinkItem["timing"] {
  if (timing === undefined) return null;
  if (timing.hasImmediately()) return { kind: "immediately" };
  const delay = timing.getDelay();
  if (delay !== undefined) return { kind: "delay", span: secondsNanos(delay.getDelay()) };
  const gps = timing.getGpsEpoch();
  return gps === undefined ? null : { kind: "gps", span: secondsNanos(gps.getTimeSinceGpsEpoch()) };
}

function itemMessage(item: RawDownlinkItem): gw.DownlinkFrameItem {
  const txInfo = new gw.DownlinkTxInfo();
  txInfo.setFrequency(item.frequencyHz);
  txInfo.setPower(item.eirpDbm);
  txInfo.setBoard(item.board);
  txInfo.setAntenna(item.antenna);
  txInfo.setContext(item.context);
  const modulation = item.modulation === null ? null : modulationOf(item.modulation);
  if (modulation !== null) {
    const message = modulationMessage(modulation);
    const lora = item.modulation?.lora ?? null;
    if (lora !== null) {
      message.getLora()!.setPolarizationInversion(lora.polarizationInversion);
      message.getLora()!.setPreamble(lora.preamble);
      message.getLora()!.setNoCrc(lora.noCrc);
    }
    message.getFsk()?.setFrequencyDeviation(item.modulation?.fsk?.frequencyDeviationHz ?? 0);
    txInfo.setModulation(message);
  }
  if (item.timing !== null) txInfo.setTiming(timingMessage(item.timing));
  const message = new gw.DownlinkFrameItem();
  message.setPhyPayload(item.phyPayload);
  message.setTxInfo(txInfo);
  return message;
}

function timingMessage(timing: NonNullable<RawDownlinkItem["timing"]>): gw.Timing {
  const message = new gw.Timing();
  if (timing.kind === "immediately") {
    message.setImmediately(new gw.ImmediatelyTimingInfo());
  } else if (timing.kind === "delay") {
    const delay = new gw.DelayTimingInfo();
    if (timing.span !== null) delay.setDelay(duration(timing.span));
    message.setDelay(delay);
  } else {
    const gps = new gw.GPSEpochTimingInfo();
    if (timing.span !== null) gps.setTimeSinceGpsEpoch(duration(timing.span));
    message.setGpsEpoch(gps);
  }
  return message;
}
