import { describe, expect, test } from "vitest";
import { wantsFrame } from "../../src/network-server/delivery-filter.ts";
import { type HotspotRoutes, planRoutes } from "../../src/routes/route-plan.ts";
import { LorawanDevice } from "../doubles/lorawan-device.ts";
import { testRoute } from "../doubles/routes.ts";

const key = "00112233445566778899aabbccddeeff";

function hotspot(gatewayEui: string, issuedMs: number, routes: HotspotRoutes["list"]["routes"]): HotspotRoutes {
  const list = { hotspot: gatewayEui, network: 1, issuedMs, validUntilMs: issuedMs + 1, routes };
  return { gatewayEui, gatewayId: `e${gatewayEui.slice(1)}`, list };
}

const a = "aa00000000000001";
const b = "aa00000000000002";

describe("a route of two hotspots", () => {
  const credentials = { username: "b", password: "b" };
  const [planned, ...others] = planRoutes(
    [hotspot(a, 1, [testRoute(5)]), hotspot(b, 2, [testRoute(5, { credentials })])],
    new Set(),
  );

  test("is one destination, where each connects with its own rights and id", () => {
    expect(others).toEqual([]);
    expect(planned!.server).toMatchObject({ origin: "route:5", routeId: 5, topicPrefix: "eu868", commands: {} });
    const connections = [a, b, "aa00000000000003"].map((eui) => planned!.server.connection(eui));
    expect(connections.map((connection) => connection?.gatewayId)).toEqual([
      `e${a.slice(1)}`,
      `e${b.slice(1)}`,
      undefined,
    ]);
    expect(connections.map((connection) => connection?.credentials().username)).toEqual(["hotspot", "b", undefined]);
    expect(connections[0]!.url).toBe("mqtts://broker.example:8883");
  });
});

test("admits what a route names and nothing else", () => {
  const [planned] = planRoutes([hotspot(a, 1, [testRoute(1, { joinEuis: ["0000000000000001"] })])], new Set());
  const inside = LorawanDevice.personalised("26000001", key, key).uplink("x");
  const outside = LorawanDevice.personalised("28000000", key, key).uplink("x");
  const join = (joinEui: string) =>
    new LorawanDevice({ devEui: "0a0b0c0d0e0f1011", joinEui, appKey: key }).joinRequest();
  const frames = [inside, outside, join("0000000000000001"), join("0000000000000002")];
  expect(frames.map((frame) => wantsFrame(planned!.server.filter, frame))).toEqual([true, false, true, false]);
});

test("leaves out what the owner configured himself", () => {
  const routes = [testRoute(1), testRoute(2, { topicPrefix: "us915" })];
  const planned = planRoutes([hotspot(a, 1, routes)], new Set(["broker.example:8883/eu868"]));
  expect(planned.map(({ routeId }) => routeId)).toEqual([2]);
});

test("changes its fingerprint with everything that needs another connection, and with nothing else", () => {
  const fingerprint = (routes: HotspotRoutes["list"]["routes"], issuedMs = 1) =>
    planRoutes([hotspot(a, issuedMs, routes)], new Set())[0]!.fingerprint;
  const first = fingerprint([testRoute(1)]);
  expect(fingerprint([testRoute(1)], 2)).toBe(first);
  expect(fingerprint([testRoute(1, { credentials: { username: "hotspot", password: "new" } })])).not.toBe(first);
  expect(fingerprint([testRoute(1, { devAddrRanges: [] })])).not.toBe(first);
});

test("writes an IPv6 address in brackets", () => {
  const server = { host: "2001:db8::1", port: 8883, certificateAuthority: null };
  const [planned] = planRoutes([hotspot(a, 1, [testRoute(1, { server })])], new Set());
  expect(planned!.server.url).toBe("mqtts://[2001:db8::1]:8883");
});
