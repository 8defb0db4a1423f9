import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { makeBundle } from "../../src/doctor/bundle.ts";
import { findings } from "../../src/doctor/checks.ts";
import { healthyGateway, healthyServer, healthyStatus } from "../doubles/agent-status.ts";

describe("makeBundle", () => {
  const { written } = readConfig({
    file: undefined,
    environment: {},
    flags: [
      "server.0.name=main",
      "server.0.url=mqtts://secret-host.example.org:8883",
      "server.0.username=secret-user",
      "server.0.password_file=/etc/secret-file",
      'server.0.commands={ "up" = ["/secret-program"] }',
      'oracle.urls=["https://secret-oracle.example.org"]',
      'oracle.signers=["8xY5oBr4fmY5yC3z2qSjfFp4djWehdhAEZuMYoHyLX5rb5TFsee"]',
    ],
  });
  const status = {
    ...healthyStatus,
    gateways: [{ ...healthyGateway, address: "203.0.113.9:1700" }],
    servers: [
      {
        ...healthyServer,
        url: "mqtts://secret-host.example.org:8883",
        isHealthy: false,
        problem: "connect ECONNREFUSED 203.0.113.7:8883",
      },
      { ...healthyServer, isHealthy: false, problem: "getaddrinfo ENOTFOUND Secret-Host.example.org" },
      {
        ...healthyServer,
        url: "mqtts://[2001:db8::7]:8883",
        isHealthy: false,
        problem: "connect EHOSTUNREACH 2001:db8::7:8883 - Local (fe80::1:2%eth0:0)",
      },
    ],
    inputs: [{ url: "mqtt://127.0.0.1:1883", isConnected: false, problem: "since 20:43:43" }],
  };
  const metrics = 'earshot_x{server="main"} 1\n';
  const page = { host: "127.0.0.1", port: 4680 };
  const text = JSON.stringify(makeBundle({ found: findings(status), status, written, page }, metrics));

  test("takes out hosts, addresses, users, files and programs", () => {
    expect(text).not.toMatch(/secret/i);
    expect(text).not.toMatch(/2001:|db8|fe80/);
    expect(text).not.toContain("203.0.113");
    expect(text).toContain("mqtts://(removed):8883");
  });

  test("keeps what a helper needs", () => {
    for (const needed of [
      "earshot_x",
      healthyGateway.gatewayId,
      "ECONNREFUSED",
      "127.0.0.1:1680",
      "mqtt://127.0.0.1:1883",
      "20:43:43",
      '"max_age":"7 d"',
    ]) {
      expect(text).toContain(needed);
    }
  });
});
