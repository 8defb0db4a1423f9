/** Routes and signed route lists for tests. */
import {
  type DeviceSigner,
  keyToText,
  type Route,
  type RouteList,
  type RoutesAnswer,
  signJson,
} from "@earshot/poc/protocol";

/** A route to broker.example for DevAddrs 26000000 to 27ffffff. */
export function testRoute(routeId: number, change: Partial<Route> = {}): Route {
  return {
    routeId,
    server: { host: "broker.example", port: 8883, certificateAuthority: null },
    credentials: { username: "hotspot", password: "secret" },
    topicPrefix: "eu868",
    devAddrRanges: [{ first: 0x2600_0000, last: 0x27ff_ffff }],
    joinEuis: [],
    maxCopies: 1,
    ...change,
  };
}

/** What an oracle answers. */
export function routesAnswer(list: RouteList, signer: DeviceSigner): RoutesAnswer {
  return {
    list,
    signer: keyToText(signer.publicKey),
    signature: Buffer.from(signJson("earshot-routes", list, signer)).toString("base64"),
  };
}
