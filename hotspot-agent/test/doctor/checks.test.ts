import { describe, expect, test } from "vitest";
import { findings } from "../../src/doctor/checks.ts";
import { ago } from "../../src/doctor/finding.ts";
import type { AgentStatus } from "../../src/status.ts";
import { healthyGateway, healthyServer, healthyStatus, NOW_MS } from "../doubles/agent-status.ts";

const proof = healthyStatus.proof!;

/** An agent whose second hotspot no oracle knows. */
function notRegistered(reason: string): Partial<AgentStatus> {
  const unregistered = [{ key: "second-key", name: "Neat Second Hotspot", reason }];
  return { proof: { ...proof, isRegistered: false, unregistered } };
}

/** The findings that are not ok. */
function faults(change: Partial<AgentStatus>) {
  return findings({ ...healthyStatus, ...change }).filter(({ verdict }) => verdict !== "ok");
}

describe("findings", () => {
  test("finds nothing wrong with a healthy hotspot, in the order a packet travels", () => {
    expect(faults({})).toEqual([]);
    expect(findings(healthyStatus).map(({ check }) => check)).toEqual([
      "forwarder aa555a0000000101",
      "radio",
      "disk",
      "server main",
      "clock",
      "oracle https://oracle.example.org",
      "registration",
      "beacon",
    ]);
  });

  test("does not hold packets against the disk that no server of this hotspot wants", () => {
    const dropped = { crc_bad: 300, malformed_frame: 4, not_an_uplink: 9, no_server_wants_it: 70, join_too_old: 2 };
    expect(faults({ spool: { ...healthyStatus.spool, dropped } })).toEqual([]);
  });

  test("says why the broker of gateways is not reached, and where they are to publish", () => {
    const url = "mqtt://127.0.0.1:1883";
    const input = { url, isConnected: false, problem: "connect ECONNREFUSED 127.0.0.1:1883" };
    const [broker, forwarder] = faults({ inputs: [input], gateways: [] });
    expect(broker).toMatchObject({ check: `gateway_mqtt ${url}`, verdict: "fail" });
    expect(broker?.cause).toContain("ECONNREFUSED");
    expect(broker?.remedy).toContain(`Nothing listens at ${url}`);
    expect(forwarder?.remedy).toMatch(/topic_prefix.*UDP/);
    expect(faults({ inputs: [{ ...input, isConnected: true, problem: null }] })).toEqual([]);
  });

  test("gives every fault a cause and a remedy", () => {
    const broken: AgentStatus = {
      ...healthyStatus,
      gateways: [{ ...healthyGateway, lastSeenMs: NOW_MS - 31_000, lastPacketMs: null }],
      spool: { ...healthyStatus.spool, mode: "memory" },
      servers: [{ ...healthyServer, isHealthy: false, isConnected: false, problem: null }],
      clock: { errorMs: -5000 },
      proof: {
        ...proof,
        ...notRegistered("").proof,
        region: null,
        oracles: [{ ...proof.oracles[0]!, isReachable: false }],
      },
    };
    const found = findings(broken);
    expect(found.map(({ verdict }) => verdict)).toEqual([
      "fail",
      "warn",
      "fail",
      "fail",
      "warn",
      "fail",
      "fail",
      "warn",
    ]);
    for (const { cause, remedy } of found) expect([cause, remedy]).not.toContain(null);
  });

  test.each<[string, Partial<AgentStatus>, string, string]>([
    ["no forwarder", { gateways: [] }, "No packet forwarder was heard.", "127.0.0.1:1680"],
    [
      "no forwarder yet",
      { gateways: [], startedMs: NOW_MS - 29_000 },
      "heard yet; the agent was started 29 s ago",
      "127.0.0.1:1680",
    ],
    ["an unreadable one", { gateways: [], malformed: 7 }, "7 datagrams were not", "global_conf.json"],
    ["no PULL_DATA", { gateways: [{ ...healthyGateway, address: null }] }, "never PULL_DATA", "serv_port_down"],
    ["a clock ahead", { clock: { errorMs: 2001 } }, "2.0 s ahead", "set-ntp"],
    ["an almost full spool", { spool: { ...healthyStatus.spool, bytes: 900_000 } }, "90 %", "max_size"],
    [
      "lost packets",
      { spool: { ...healthyStatus.spool, dropped: { too_old: 2, spool_full: 0, crc_bad: 9 } } },
      "2 packets were lost since the start: 2 too_old.",
      "",
    ],
    ["no servers", { servers: [] }, "No network server", "init"],
    ["an unknown key", notRegistered("not registered"), "Neat Second Hotspot is not registered.", "the key second-key"],
    [
      "a new registration",
      notRegistered("registered from the next epoch on"),
      "Neat Second Hotspot is registered from the next epoch on.",
      "Wait",
    ],
    ["a suspension", notRegistered("suspended"), "Neat Second Hotspot is suspended.", "runs the network"],
    [
      "rules of another network",
      { proof: { ...proof, parametersProblem: "https://oracle.example.org: intervals are too short" } },
      "intervals are too short",
      "oracle.network",
    ],
    ["no oracles", { proof: null }, "No oracle", "oracle.urls"],
    [
      "an unsent beacon",
      { proof: { ...proof, beaconProblem: "The air time is used up." } },
      "air time is used up",
      "free air time",
    ],
    [
      "a hotspot without a location",
      { proof: { ...proof, unchallenged: [{ name: "Neat Hotspot", reason: "no location" }] } },
      "Neat Hotspot sends no beacons: no location",
      "Assert where it stands",
    ],
    [
      "a hotspot of a region that the network does not know",
      { proof: { ...proof, unchallenged: [{ name: "Neat Hotspot", reason: "no plan for its region" }] } },
      "no plan for its region",
      "region",
    ],
    ["an overdue beacon", { proof: { ...proof, lastBeaconMs: NOW_MS - 13 * 3_600_000 } }, "13 h ago", "registration"],
  ])("names %s", (_, change, cause, remedy) => {
    const [fault] = faults(change);
    expect(fault?.cause).toContain(cause);
    expect(fault?.remedy).toContain(remedy);
  });

  test("finds nothing wrong with a hotspot that is registered for data alone, and says so", () => {
    const unchallenged = [{ name: "Neat Light Hotspot", reason: "light hotspot" }];
    const change = { proof: { ...proof, lastBeaconMs: null, unchallenged } };
    expect(faults(change)).toEqual([]);
    expect(findings({ ...healthyStatus, ...change }).at(-1)?.cause).toMatch(
      /^Neat Light Hotspot sends no beacons: light hotspot\. It earns/,
    );
  });

  test("does not blame a server while there is no forwarder to connect for", () => {
    const server = { ...healthyServer, isHealthy: false, isConnected: false, problem: "No gateway was heard yet." };
    expect(faults({ gateways: [], servers: [server] }).map(({ verdict }) => verdict)).toEqual(["fail", "warn"]);
  });

  test.each([
    ["it signs with the key K, which oracle.signers does not list", "oracle.signers"],
    ["it serves network 3; oracle.network is 1", "Set oracle.network"],
    ["no answer in 5000 ms", "HTTPS"],
    ["it cannot be reached: ECONNREFUSED", "Nothing listens at that port"],
    ["it cannot be reached: ENOTFOUND", "The name is not found"],
  ])("knows a remedy for an oracle when %j", (problem, remedy) => {
    const oracles = [{ ...proof.oracles[0]!, isReachable: false, problem }];
    const [fault] = faults({ proof: { ...proof, oracles } });
    expect(fault?.cause.toLowerCase()).toContain(problem.toLowerCase());
    expect(fault?.remedy).toContain(remedy);
  });

  test.each([
    ["it was asked and said no?", "It was asked and said no?"],
    ["it is closed.", "It is closed."],
    ["no answer in 5000 ms", "No answer in 5000 ms."],
  ])("ends %j with one mark", (problem, cause) => {
    const oracles = [{ ...proof.oracles[0]!, isReachable: false, problem }];
    expect(faults({ proof: { ...proof, oracles } })[0]?.cause).toBe(cause);
  });

  test("calls a registration known only as long as an oracle answers", () => {
    const registration = (change: Partial<typeof proof>, gateways = healthyStatus.gateways) =>
      findings({ ...healthyStatus, gateways, proof: { ...proof, ...change } }).find(
        ({ check }) => check === "registration",
      );
    const silent = [{ ...proof.oracles[0]!, isReachable: false, problem: "no answer in 5000 ms" }];
    const { name } = healthyStatus.primary;
    expect(registration({})).toMatchObject({ verdict: "ok", cause: `${name} is registered.` });
    expect(registration({ oracles: silent })).toMatchObject({
      verdict: "warn",
      cause: `${name} was registered when an oracle last answered; none answers now.`,
      remedy: expect.stringContaining("oracles above"),
    });
    const unknown = { isRegistered: null, oracles: silent };
    expect(registration(unknown)).toMatchObject({
      verdict: "warn",
      cause: `Nobody knows whether ${name} is registered: no oracle answers.`,
    });
    expect(registration({ isRegistered: null })).toMatchObject({
      verdict: "warn",
      cause: `No oracle has said yet whether ${name} is registered.`,
    });
    expect(registration({ isRegistered: null }, [])).toMatchObject({
      verdict: "warn",
      cause: "Oracles are asked when a forwarder is heard.",
    });
    const both = [...proof.oracles, ...silent];
    expect(registration({ oracles: both })).toMatchObject({ verdict: "ok" });
  });

  test.each(["Not connected: Connection refused: Not authorized.", "connect ECONNREFUSED 192.0.2.1:8883", null])(
    "blames nobody here for a customer's broker that does not take packets: %j",
    (problem) => {
      const route = { ...healthyServer, name: "route-7", routeId: 7, isHealthy: false, isConnected: false, problem };
      const [fault, ...more] = faults({ servers: [healthyServer, { ...route, backlog: 3 }] });
      expect(more).toEqual([]);
      expect(fault).toMatchObject({ check: "server route-7", verdict: "warn" });
      expect(fault?.cause).toContain("3 packets wait");
      expect(fault?.remedy).toBe("It is a customer's broker, and theirs to mend; you need not do anything.");
    },
  );

  test("says of a server that got nothing yet just that", () => {
    const server = { ...healthyServer, lastDeliveredMs: null };
    const cause = findings({ ...healthyStatus, servers: [server] }).find(({ check }) => check === "server main")?.cause;
    expect(cause).toBe("Connected; nothing was delivered yet.");
  });

  test.each([
    ["Nobody is listening at the broker.", "topic_prefix"],
    ["Connection refused: Not authorized", "password_file"],
    ["self-signed certificate in certificate chain", "ca_file"],
    ["Not connected: key_file cannot be read: no permission.", "sudo install"],
    ["getaddrinfo ENOTFOUND ns.example.org", "DNS"],
    ["connect ECONNREFUSED 192.0.2.1:8883", "Nothing listens"],
  ])("knows a remedy for %j", (problem, remedy) => {
    const [fault] = faults({ servers: [{ ...healthyServer, isHealthy: false, problem, backlog: 5 }] });
    expect(fault?.remedy).toContain(remedy);
    expect(fault?.cause).toContain("5 packets wait");
  });
});

test("ago speaks in units that people use", () => {
  const of = (seconds: number) => ago(NOW_MS - seconds * 1000, NOW_MS);
  expect([ago(null, 0), of(-3), of(119), of(120), of(7200), of(172_800)]).toEqual([
    "never",
    "0 s ago",
    "119 s ago",
    "2 min ago",
    "2 h ago",
    "2 d ago",
  ]);
});
