/**
 * The peer of the bench: the least that turns a forwarder's datagrams into ChirpStack's messages. UDP, gateway protobuf, mqtt.js,
 * nothing kept, nothing checked, no downlinks. Shares no code with the agent.
 *
 *   bun bare-relay.ts UDP_PORT BROKER_URL QOS
 */
import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import mqtt from "mqtt";

interface Rxpk {
  readonly tmst: number;
  readonly freq: number;
  readonly datr: string;
  readonly rssi: number;
  readonly lsnr: number;
  readonly data: string;
}

const [port = "", url = "", qosText = ""] = process.argv.slice(2);
const qos = qosText === "1" ? 1 : 0;
const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
let uplinkId = 0;

await Bun.udpSocket({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    data(socket, bytes, fromPort, from) {
      if (bytes[3] === 2) socket.send(Buffer.from([bytes[0]!, bytes[1]!, bytes[2]!, 4]), fromPort, from);
      if (bytes[3] !== 0) return;
      socket.send(Buffer.from([bytes[0]!, bytes[1]!, bytes[2]!, 1]), fromPort, from);
      const gatewayId = bytes.toString("hex", 4, 12);
      const { rxpk = [] } = JSON.parse(bytes.toString("utf8", 12)) as { readonly rxpk?: readonly Rxpk[] };
      for (const packet of rxpk) {
        client.publish(`eu868/gateway/${gatewayId}/event/up`, Buffer.from(frameOf(gatewayId, packet)), { qos });
      }
    },
  },
});
process.stdout.write("ready\n");

function frameOf(gatewayId: string, { tmst, freq, datr, rssi, lsnr, data }: Rxpk): Uint8Array {
  const lora = new gw.LoraModulationInfo();
  const [, spreadingFactor, bandwidthKhz] = /^SF([0-9]+)BW([0-9]+)$/.exec(datr)!;
  lora.setBandwidth(Number(bandwidthKhz) * 1000);
  lora.setSpreadingFactor(Number(spreadingFactor));
  lora.setCodeRate(gw.CodeRate.CR_4_5);
  const modulation = new gw.Modulation();
  modulation.setLora(lora);
  const txInfo = new gw.UplinkTxInfo();
  txInfo.setFrequency(Math.round(freq * 1e6));
  txInfo.setModulation(modulation);
  const rxInfo = new gw.UplinkRxInfo();
  rxInfo.setGatewayId(gatewayId);
  rxInfo.setUplinkId(++uplinkId);
  rxInfo.setRssi(rssi);
  rxInfo.setSnr(lsnr);
  rxInfo.setCrcStatus(gw.CRCStatus.CRC_OK);
  const context = Buffer.alloc(4);
  context.writeUInt32BE(tmst);
  rxInfo.setContext(context);
  const frame = new gw.UplinkFrame();
  frame.setPhyPayload(Buffer.from(data, "base64"));
  frame.setTxInfo(txInfo);
  frame.setRxInfo(rxInfo);
  return frame.serializeBinary();
}
