/** event/up as any gateway software would encode it, for tests of the doubles: nothing of the agent's own code. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";

export interface UplinkFields {
  readonly gatewayId: string;
  readonly phyPayload: Uint8Array;
  readonly frequencyHz?: number;
  readonly snr?: number;
  /** Some forwarders set it, which splits the deduplication set. */
  readonly preamble?: number;
}

/** EU868 SF7 at 868.1 MHz unless said otherwise. */
export function uplinkBytes(fields: UplinkFields): Buffer {
  const lora = new gw.LoraModulationInfo();
  lora.setBandwidth(125_000);
  lora.setSpreadingFactor(7);
  lora.setCodeRate(gw.CodeRate.CR_4_5);
  lora.setPreamble(fields.preamble ?? 0);
  const modulation = new gw.Modulation();
  modulation.setLora(lora);
  const txInfo = new gw.UplinkTxInfo();
  txInfo.setFrequency(fields.frequencyHz ?? 868_100_000);
  txInfo.setModulation(modulation);
  const rxInfo = new gw.UplinkRxInfo();
  rxInfo.setGatewayId(fields.gatewayId);
  rxInfo.setSnr(fields.snr ?? 5);
  rxInfo.setRssi(-60);
  rxInfo.setContext(Uint8Array.of(1, 2, 3, 4));
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(fields.phyPayload);
  frame.setTxInfo(txInfo);
  frame.setRxInfo(rxInfo);
  return Buffer.from(frame.serializeBinary());
}
