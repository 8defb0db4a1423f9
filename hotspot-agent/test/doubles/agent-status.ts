/** A healthy agent's status, to be changed one way at a time. */
import type { AgentStatus, GatewayStatus, ServerStatus } from "../../src/status.ts";

export const NOW_MS = 1_764_150_000_000;

export const healthyGateway: GatewayStatus = {
  gatewayEui: "aa555a0000000101",
  gatewayId: "0102030405060708",
  key: "2KkEyFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake",
  name: "Feisty Glass Dalmatian",
  address: "127.0.0.1:40000",
  lastSeenMs: NOW_MS - 5000,
  lastPacketMs: NOW_MS - 60_000,
  packets: 42,
};

export const healthyServer: ServerStatus = {
  name: "main",
  group: "main",
  url: "mqtts://ns.example.org:8883",
  routeId: null,
  isConnected: true,
  isHealthy: true,
  problem: null,
  delivered: 42,
  backlog: 0,
  lastDeliveredMs: NOW_MS - 60_000,
};

export const healthyStatus: AgentStatus = {
  version: "0.1.0",
  startedMs: NOW_MS - 86_400_000,
  nowMs: NOW_MS,
  primary: { key: healthyGateway.key, name: healthyGateway.name, gatewayId: healthyGateway.gatewayId },
  listen: "127.0.0.1:1680",
  gateways: [healthyGateway],
  inputs: [],
  malformed: 0,
  spool: { mode: "disk", bytes: 1000, maxBytes: 1_000_000, dropped: {} },
  servers: [healthyServer],
  proof: {
    oracles: [{ url: "https://oracle.example.org", isReachable: true, problem: null }],
    isRegistered: true,
    unregistered: [],
    unchallenged: [],
    parametersProblem: null,
    region: "EU868",
    lastBeaconMs: NOW_MS - 3_600_000,
    nextBeaconMs: null,
    beacons: 3,
    witnesses: 17,
    pendingReports: 0,
    lastUploadMs: NOW_MS - 30_000,
    beaconProblem: null,
  },
  clock: { errorMs: 12 },
};
