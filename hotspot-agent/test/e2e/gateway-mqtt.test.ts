/** The second input: a forwarder that already speaks ChirpStack's gateway MQTT, at a broker of its own. */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import mqtt from "mqtt";
import { afterEach, expect, test } from "vitest";
import { uplinkBytes } from "../doubles/uplink-bytes.ts";
import { ACK_FROM_DISK, FIRST_EUI, received, Scenario } from "./scenario.ts";

let scenario: Scenario;
afterEach(() => scenario.end());

test("a forwarder on MQTT is relayed both ways, over an outage of the network server", async () => {
  scenario = await Scenario.start({ isPrepared: true, toml: `[spool]\n${ACK_FROM_DISK}` });
  const { agent, server } = scenario;
  const own = await scenario.addServer("own");
  await own.disconnect();
  agent.append(`[[gateway_mqtt]]\nurl = "${own.broker.url}"\ntopic_prefix = "eu868"\n`);
  const client = await mqtt.connectAsync(own.broker.url, { protocolVersion: 5 });
  const commands: Buffer[] = [];
  client.on("message", (_topic, payload) => {
    commands.push(payload);
    const command = gw.DownlinkFrame.deserializeBinary(payload);
    const ack = new gw.DownlinkTxAck();
    ack.setGatewayId(FIRST_EUI);
    ack.setDownlinkId(command.getDownlinkId());
    const item = new gw.DownlinkTxAckItem();
    item.setStatus(gw.TxAckStatus.OK);
    ack.setItemsList([item]);
    client.publish(`eu868/gateway/${FIRST_EUI}/event/ack`, Buffer.from(ack.serializeBinary()));
  });
  await client.subscribeAsync(`eu868/gateway/${FIRST_EUI}/command/down`);
  await agent.start();
  await agent.until(() => agent.log.includes("connected to the gateways' broker"), "the input");
  const device = scenario.device();
  const push = (text: string) => {
    const frame = gw.UplinkFrame.deserializeBinary(
      uplinkBytes({ gatewayId: FIRST_EUI, phyPayload: device.uplink(text) }),
    );
    frame.getRxInfo()!.setCrcStatus(gw.CRCStatus.CRC_OK);
    return client.publishAsync(`eu868/gateway/${FIRST_EUI}/event/up`, Buffer.from(frame.serializeBinary()));
  };

  server.referee.enqueue(device.keys.devEui, "down");
  await push("1");
  await agent.until(() => server.referee.queueLength(device.keys.devEui) === 0, "an acknowledged downlink");
  const command = gw.DownlinkFrame.deserializeBinary(commands[0]!);
  expect(command.getGatewayId()).toBe(FIRST_EUI);
  // The forwarder gets its own context back, as it gave it.
  expect(command.getItemsList()[0]!.getTxInfo()!.getContext_asU8()).toEqual(Uint8Array.of(1, 2, 3, 4));

  await server.proxy.cut();
  await push("2");
  await agent.until(async () => (await agent.status()).gateways[0]?.packets === 2, "the packet in the spool");
  await agent.kill();
  await server.proxy.open();
  await agent.start();
  await agent.until(() => received(server, device).length === 2, "the packet from before");
  expect(received(server, device)).toEqual(["1", "2"]);
  expect((await agent.status()).gateways.map(({ address }) => address)).toEqual([]);
  await client.endAsync();
});
