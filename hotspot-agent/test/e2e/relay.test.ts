/** Packets and downlinks between real packet forwarders, the agent's process, a real broker and a referee in ChirpStack's place. */
import { afterEach, describe, expect, test } from "vitest";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import { RX1_DELAY_S, received, Scenario, type ScenarioOptions } from "./scenario.ts";

const SECOND_EUI = "aa555a0000000102";
const RX1_DELAY_US = RX1_DELAY_S * 1_000_000;
let scenario: Scenario;
afterEach(() => scenario.end());

async function begin(options: ScenarioOptions = {}) {
  scenario = await Scenario.start(options);
  const forwarder = await scenario.forwarder();
  await scenario.connected();
  return { forwarder, server: scenario.server, referee: scenario.server.referee, agent: scenario.agent };
}

describe("a device", () => {
  test("joins over the air and exchanges data both ways", async () => {
    const { forwarder, referee } = await begin();
    const keys = {
      devEui: "70b3d57ed0000001",
      joinEui: "70b3d57ed0000000",
      appKey: "000102030405060708090a0b0c0d0e0f",
    };
    const device = new LorawanDevice(keys);
    referee.addDevice(keys);
    const joinRequest = forwarder.rxpk(device.joinRequest());
    forwarder.push(joinRequest);
    await forwarder.until(() => forwarder.transmissions.length === 1, "a join-accept");
    const accept = forwarder.transmissions[0]!;
    expect(device.acceptJoin(accept.phyPayload)).toBe(true);
    expect(accept.txpk.tmst).toBe(((joinRequest.tmst as number) + 5_000_000) % 2 ** 32);

    referee.enqueue(keys.devEui, "down");
    const uplink = forwarder.rxpk(device.uplink("up"));
    forwarder.push(uplink);
    await forwarder.until(() => forwarder.transmissions.length === 2, "a downlink");
    const downlink = forwarder.transmissions[1]!;
    expect(device.downlink(downlink.phyPayload)?.data.toString()).toBe("down");
    expect(downlink.txpk).toMatchObject({
      ipol: true,
      modu: "LORA",
      codr: "4/5",
      tmst: ((uplink.tmst as number) + RX1_DELAY_US) % 2 ** 32,
    });
    await referee.until(() => referee.queueLength(keys.devEui) === 0);
    expect(received(scenario.server, device)).toEqual(["up"]);
    await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
  });

  test("gets its downlink in RX2 when RX1 comes too late", async () => {
    const { forwarder, referee } = await begin();
    const device = scenario.device();
    referee.enqueue(device.keys.devEui, "down");
    forwarder.answer = ({ freq }) => (freq === 868.1 ? "TOO_LATE" : "NONE");
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await referee.until(() => referee.queueLength(device.keys.devEui) === 0);
    expect(forwarder.transmissions.map(({ txpk }) => txpk.freq)).toEqual([868.1, 869.525]);
    expect(referee.txAcks.map(({ statuses }) => statuses)).toEqual([[2, 1]]);
  });

  test("gets its downlink through the counter's wrap", async () => {
    const { forwarder, referee } = await begin();
    const device = scenario.device();
    referee.enqueue(device.keys.devEui, "down");
    forwarder.push(forwarder.rxpk(device.uplink("up"), { tmst: 2 ** 32 - 400_000 }));
    await forwarder.until(() => forwarder.transmissions.length === 1, "a downlink");
    expect(forwarder.transmissions[0]!.txpk.tmst).toBe(RX1_DELAY_US - 400_000);
  });

  test("gets its downlink where the last PULL_DATA came from, after a NAT gave the forwarder new ports", async () => {
    const { forwarder, referee } = await begin();
    const device = scenario.device();
    const seen = forwarder.pullAcks;
    await forwarder.rebind();
    await forwarder.until(() => forwarder.pullAcks > seen, "a PULL_ACK at the new port");
    referee.enqueue(device.keys.devEui, "down");
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await forwarder.until(() => forwarder.transmissions.length === 1, "a downlink at the new port");
    await referee.until(() => referee.queueLength(device.keys.devEui) === 0);
    expect(received(scenario.server, device)).toEqual(["up"]);
  });

  test("heard by two gateways is one event with both of them", async () => {
    const { forwarder, referee } = await begin();
    const other = await scenario.forwarder({ eui: SECOND_EUI });
    await scenario.connected();
    const device = scenario.device();
    const frame = device.uplink("up");
    forwarder.push(forwarder.rxpk(frame));
    other.push(other.rxpk(frame, { rssi: -101, lsnr: -3, freq: 868.1 }));
    await referee.until(() => referee.uplinksOf(device.keys.devEui).length === 1);
    const [event] = referee.uplinksOf(device.keys.devEui);
    expect(event!.rxInfo.map(({ gatewayId }) => gatewayId).sort()).toEqual([forwarder.eui, other.eui]);
    expect(referee.log).toEqual([]);
  });
});

describe("a packet forwarder", () => {
  test("that never answers a downlink has it acknowledged as failed all the same", async () => {
    const { forwarder, referee, agent } = await begin({ forwarder: 'ack_timeout = "300 ms"' });
    const device = scenario.device();
    forwarder.answer = () => "silent";
    referee.enqueue(device.keys.devEui, "down");
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await referee.until(() => referee.txAcks.length === 1);
    expect(referee.txAcks[0]!.statuses.at(-1)).toBe(10);
    expect(referee.log.map(({ code }) => code)).toEqual(["downlink_failed"]);
    expect(await agent.health()).toBe(200);
  });

  test("loses none of the good packets beside a bad one, and none of its acks", async () => {
    const { forwarder, referee, server, agent } = await begin();
    const device = scenario.device();
    const good = (text: string) => forwarder.rxpk(device.uplink(text));
    forwarder.push(good("1"), { ...good("no data rate"), datr: "SF99BW1" }, { ...good("no data"), data: "***" });
    forwarder.pushText('{"rxpk":[{"tmst":1,"freq":868.1');
    forwarder.pushText("not JSON at all");
    // Without its counter a packet cannot be answered, but it can be delivered.
    forwarder.push({ ...good("no counter"), tmst: "soon" }, good("2"));
    await referee.until(() => referee.uplinksOf(device.keys.devEui).length === 3);
    expect(received(server, device)).toEqual(["1", "no counter", "2"]);
    await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
    const text = await (await fetch(`http://127.0.0.1:${agent.pagePort}/metrics`)).text();
    expect(text).toMatch(/^agent_rxpk_refused_total\{reason="[a-z_]+"\} [1-9]/m);
  });

  test("hands on packets with a bad CRC only to who asks for them", async () => {
    const { forwarder, referee, server } = await begin();
    const device = scenario.device();
    forwarder.push(forwarder.rxpk(device.uplink("bad"), { stat: -1 }), forwarder.rxpk(device.uplink("good")));
    await referee.until(() => referee.uplinksOf(device.keys.devEui).length === 1);
    expect(received(server, device)).toEqual(["good"]);
    expect(referee.uplinkMessages).toBe(1);
  });

  test("may speak version 1", async () => {
    scenario = await Scenario.start();
    const forwarder = await scenario.forwarder({ version: 1 });
    const device = scenario.device();
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await scenario.server.referee.until(() => received(scenario.server, device).length === 1);
    await forwarder.until(() => forwarder.unacked === 0, "every PUSH_ACK");
  });
});

describe("a network server", () => {
  test("is reached over TLS with a client certificate", async () => {
    const { forwarder, referee, server } = await begin({ broker: { tls: true } });
    const device = scenario.device();
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await referee.until(() => received(server, device).length === 1);
  });

  test("may speak JSON and MQTT 3.1.1", async () => {
    const { forwarder, referee, server } = await begin({ server: 'encoding = "json"\nprotocol = "3.1.1"' });
    const device = scenario.device();
    referee.enqueue(device.keys.devEui, "down");
    forwarder.push(forwarder.rxpk(device.uplink("up")));
    await referee.until(() => referee.queueLength(device.keys.devEui) === 0);
    expect(received(server, device)).toEqual(["up"]);
  });

  test("gets every packet beside another network, and its acks alone", async () => {
    scenario = await Scenario.start({ servers: ["one", "two"], server: 'mode = "fanout"' });
    const forwarder = await scenario.forwarder();
    await scenario.connected();
    const [one, two] = scenario.servers as [Scenario["server"], Scenario["server"]];
    const mine = scenario.device("01020304", [one]);
    const theirs = scenario.device("05060708", [two]);
    one.referee.enqueue(mine.keys.devEui, "first");
    two.referee.enqueue(theirs.keys.devEui, "second");
    forwarder.push(forwarder.rxpk(mine.uplink("a")), forwarder.rxpk(theirs.uplink("b")));
    await forwarder.until(() => forwarder.transmissions.length === 2, "two downlinks");
    await one.referee.until(() => one.referee.queueLength(mine.keys.devEui) === 0);
    await two.referee.until(() => two.referee.queueLength(theirs.keys.devEui) === 0);
    for (const { referee } of scenario.servers) {
      expect(referee.txAcks).toHaveLength(1);
      expect(referee.log.map(({ code }) => code)).toEqual(["unknown_device"]);
    }
    expect([received(one, mine), received(two, theirs)]).toEqual([["a"], ["b"]]);
  });

  test("that asks for more air time than the sub-band has is told so, and the law is kept", async () => {
    const { forwarder, referee } = await begin({ hotspot: 'region = "EU868"' });
    const device = scenario.device();
    // 36 s an hour in 868.0–868.6 MHz; each answer at SF12 takes 2.4 s or more.
    for (let i = 0; i < 20; i++) {
      referee.enqueue(device.keys.devEui, "an answer as long as it may be at SF12 in EU868");
      forwarder.push(forwarder.rxpk(device.uplink(String(i)), { datr: "SF12BW125" }));
      await referee.until(() => referee.txAcks.length === i + 1);
    }
    const inBand = forwarder.transmissions.filter(({ txpk }) => txpk.freq < 868.6);
    expect(inBand.length).toBeLessThan(36 / 2.4);
    expect(referee.txAcks.at(-1)!.statuses[0]).toBe(11);
    // RX2 lies in a sub-band of its own.
    expect(referee.txAcks.at(-1)!.statuses[1]).toBe(1);
  });
});
