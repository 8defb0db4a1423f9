/** The agent with a packet forwarder that nobody here wrote. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import mqtt from "mqtt";
import { afterEach, beforeAll, expect, test } from "vitest";
import { BUILD_TIMEOUT_MS, FOREIGN_EUI, foreignForwarder } from "../doubles/foreign-forwarder.ts";
import { Scenario } from "./scenario.ts";

let client: string;
beforeAll(() => {
  client = foreignForwarder();
}, BUILD_TIMEOUT_MS);

let scenario: Scenario;
let forwarder: Bun.Subprocess | undefined;
afterEach(async () => {
  forwarder?.kill();
  await scenario.end();
});

test("Helium's library sends packets to it, pulls from it and transmits for it", async () => {
  scenario = await Scenario.start();
  const { agent, server } = scenario;
  forwarder = Bun.spawn([client, "--host", `127.0.0.1:${agent.udpPort}`], { stdout: "ignore", stderr: "inherit" });
  await agent.until(async () => {
    const [gateway] = (await agent.status()).gateways;
    return gateway?.gatewayEui === FOREIGN_EUI && gateway.packets > 0 && gateway.address !== null;
  }, "its packets and its PULL_DATA");
  await scenario.connected();
  expect((await agent.status()).malformed).toBe(0);

  const { promise, resolve } = Promise.withResolvers<gw.DownlinkTxAck>();
  const peer = await mqtt.connectAsync(server.broker.url, { protocolVersion: 5 });
  peer.on("message", (_topic, payload) => resolve(gw.DownlinkTxAck.deserializeBinary(payload)));
  await peer.subscribeAsync(`eu868/gateway/${FOREIGN_EUI}/event/ack`);
  await peer.publishAsync(
    `eu868/gateway/${FOREIGN_EUI}/command/down`,
    Buffer.from(immediateDownlink().serializeBinary()),
  );
  const ack = await promise;
  await peer.endAsync();
  expect([ack.getDownlinkId(), ack.getItemsList().map((item) => item.getStatus())]).toEqual([
    4711,
    [gw.TxAckStatus.OK],
  ]);
});

/** A class-C downlink. */
function immediateDownlink(): gw.DownlinkFrame {
  const lora = new gw.LoraModulationInfo();
  lora.setBandwidth(125_000);
  lora.setSpreadingFactor(12);
  lora.setCodeRate(gw.CodeRate.CR_4_5);
  lora.setPolarizationInversion(true);
  const modulation = new gw.Modulation();
  modulation.setLora(lora);
  const timing = new gw.Timing();
  timing.setImmediately(new gw.ImmediatelyTimingInfo());
  const txInfo = new gw.DownlinkTxInfo();
  txInfo.setFrequency(869_525_000);
  txInfo.setPower(16);
  txInfo.setModulation(modulation);
  txInfo.setTiming(timing);
  const item = new gw.DownlinkFrameItem();
  item.setPhyPayload(Uint8Array.fromHex("600403020100010001aabbccdd"));
  item.setTxInfo(txInfo);
  const frame = new gw.DownlinkFrame();
  frame.setDownlinkId(4711);
  frame.setGatewayId(FOREIGN_EUI);
  frame.setItemsList([item]);
  return frame;
}
