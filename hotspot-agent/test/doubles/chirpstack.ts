/**
 * A real ChirpStack for one test, where its binary is at hand: EARSHOT_CHIRPSTACK names one built with SQLite. It runs beside a
 * redis-server of its own in a private folder, on a broker that the test gives, and is provisioned through its API (gRPC-web).
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import application from "@chirpstack/chirpstack-api/api/application_pb.js";
import device from "@chirpstack/chirpstack-api/api/device_pb.js";
import profile from "@chirpstack/chirpstack-api/api/device_profile_pb.js";
import gateway from "@chirpstack/chirpstack-api/api/gateway_pb.js";
import tenant from "@chirpstack/chirpstack-api/api/tenant_pb.js";
import common from "@chirpstack/chirpstack-api/common/common_pb.js";
import type { DeviceKeys } from "./lorawan-device.ts";
import { freePort } from "./mosquitto.ts";

const PATIENCE_MS = 30_000;

interface Message {
  serializeBinary(): Uint8Array;
}

/** Path of the binary, or undefined where there is none. */
export function chirpstackBinary(): string | undefined {
  return process.env.EARSHOT_CHIRPSTACK;
}

export class Chirpstack {
  readonly #folder = mkdtempSync(join(tmpdir(), "earshot-chirpstack-"));
  readonly #binary: string;
  #apiPort = 0;
  #redis: ChildProcess | undefined;
  #server: ChildProcess | undefined;
  #token = "";
  #applicationId = "";
  #tenantId = "";
  #profileId = "";

  private constructor(binary: string) {
    this.#binary = binary;
  }

  /** Starts it for EU868 under the topic prefix `eu868`, with a tenant, an application and a profile for OTAA devices. */
  static async start(binary: string, brokerPort: number): Promise<Chirpstack> {
    const chirpstack = new Chirpstack(binary);
    try {
      await chirpstack.#configure(brokerPort);
      await chirpstack.run();
      const key = execFileSync(binary, ["-c", chirpstack.#config, "create-api-key", "--name", "test"]).toString();
      chirpstack.#token = /^token: (.+)$/m.exec(key)![1]!;
      await chirpstack.#provision();
    } catch (error) {
      await chirpstack.end();
      throw error;
    }
    return chirpstack;
  }

  /** Starts the server alone, as after `stop`; settles when its API answers. */
  async run(): Promise<void> {
    const log = openSync(join(this.#folder, "log"), "a");
    this.#server = spawn(this.#binary, ["-c", this.#config], { stdio: ["ignore", log, log] });
    const endMs = performance.now() + PATIENCE_MS;
    while (!(await fetch(`http://127.0.0.1:${this.#apiPort}/`).catch(() => undefined))) {
      if (performance.now() > endMs) throw new Error(`ChirpStack does not answer:\n${this.log.slice(-4000)}`);
      await pause(50);
    }
  }

  /** Ends the server and leaves its data and the broker. */
  async stop(): Promise<void> {
    await ended(this.#server);
  }

  async end(): Promise<void> {
    await ended(this.#server);
    await ended(this.#redis);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get log(): string {
    return readFileSync(join(this.#folder, "log"), "utf8");
  }

  async addGateway(gatewayId: string): Promise<void> {
    const item = new gateway.Gateway();
    item.setGatewayId(gatewayId);
    item.setName(gatewayId);
    item.setTenantId(this.#tenantId);
    item.setStatsInterval(30);
    // Some versions refuse 0 and give no default.
    item.setDownlinkPriority(10);
    const request = new gateway.CreateGatewayRequest();
    request.setGateway(item);
    await this.#call("GatewayService", "Create", request);
  }

  async addDevice({ devEui, joinEui, appKey }: DeviceKeys): Promise<void> {
    const item = new device.Device();
    item.setDevEui(devEui);
    item.setJoinEui(joinEui);
    item.setName(devEui);
    item.setApplicationId(this.#applicationId);
    item.setDeviceProfileId(this.#profileId);
    const request = new device.CreateDeviceRequest();
    request.setDevice(item);
    await this.#call("DeviceService", "Create", request);
    const keys = new device.DeviceKeys();
    keys.setDevEui(devEui);
    keys.setNwkKey(appKey);
    const keysRequest = new device.CreateDeviceKeysRequest();
    keysRequest.setDeviceKeys(keys);
    await this.#call("DeviceService", "CreateKeys", keysRequest);
  }

  async enqueue(devEui: string, data: string): Promise<void> {
    const item = new device.DeviceQueueItem();
    item.setDevEui(devEui);
    item.setFPort(10);
    item.setData(Buffer.from(data).toString("base64"));
    const request = new device.EnqueueDeviceQueueItemRequest();
    request.setQueueItem(item);
    await this.#call("DeviceService", "Enqueue", request);
  }

  async queueLength(devEui: string): Promise<number> {
    const request = new device.GetDeviceQueueItemsRequest();
    request.setDevEui(devEui);
    const answer = await this.#call("DeviceService", "GetQueue", request);
    return device.GetDeviceQueueItemsResponse.deserializeBinary(answer).getResultList().length;
  }

  get #config(): string {
    return join(this.#folder, "config");
  }

  async #configure(brokerPort: number): Promise<void> {
    this.#apiPort = await freePort();
    const redisPort = await freePort();
    const redis = ["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    this.#redis = spawn("redis-server", redis, { stdio: "ignore" });
    mkdirSync(this.#config);
    const broker = `tcp://127.0.0.1:${brokerPort}`;
    const lines = [
      `[sqlite]\npath = "sqlite://${this.#folder}/data.sqlite"`,
      `[redis]\nservers = ["redis://127.0.0.1:${redisPort}/"]`,
      `[network]\nnet_id = "000000"\nenabled_regions = ["eu868"]`,
      `[api]\nbind = "127.0.0.1:${this.#apiPort}"\nsecret = "of this test alone"`,
      `[integration]\nenabled = ["mqtt"]\n[integration.mqtt]\nserver = "${broker}"\njson = true`,
      `[[regions]]\nid = "eu868"\ndescription = "EU868"\ncommon_name = "EU868"`,
      `[regions.gateway.backend]\nenabled = "mqtt"`,
      `[regions.gateway.backend.mqtt]\ntopic_prefix = "eu868"\nshare_name = "chirpstack"\nserver = "${broker}"`,
      `[regions.network]\nrx1_delay = 1\nrx2_dr = 0\nrx2_frequency = 869525000\ndownlink_tx_power = -1\nmin_dr = 0\nmax_dr = 5`,
    ];
    writeFileSync(join(this.#config, "chirpstack.toml"), `${lines.join("\n\n")}\n`);
  }

  async #provision(): Promise<void> {
    const owner = new tenant.Tenant();
    owner.setName("test");
    owner.setCanHaveGateways(true);
    const tenantRequest = new tenant.CreateTenantRequest();
    tenantRequest.setTenant(owner);
    const tenantAnswer = await this.#call("TenantService", "Create", tenantRequest);
    this.#tenantId = tenant.CreateTenantResponse.deserializeBinary(tenantAnswer).getId();
    const app = new application.Application();
    app.setName("test");
    app.setTenantId(this.#tenantId);
    const appRequest = new application.CreateApplicationRequest();
    appRequest.setApplication(app);
    const appAnswer = await this.#call("ApplicationService", "Create", appRequest);
    this.#applicationId = application.CreateApplicationResponse.deserializeBinary(appAnswer).getId();
    const otaa = new profile.DeviceProfile();
    otaa.setName("test");
    otaa.setTenantId(this.#tenantId);
    otaa.setRegion(common.Region.EU868);
    otaa.setMacVersion(common.MacVersion.LORAWAN_1_0_3);
    otaa.setRegParamsRevision(common.RegParamsRevision.A);
    otaa.setSupportsOtaa(true);
    otaa.setUplinkInterval(3600);
    otaa.setAdrAlgorithmId("default");
    const profileRequest = new profile.CreateDeviceProfileRequest();
    profileRequest.setDeviceProfile(otaa);
    const profileAnswer = await this.#call("DeviceProfileService", "Create", profileRequest);
    this.#profileId = profile.CreateDeviceProfileResponse.deserializeBinary(profileAnswer).getId();
  }

  /** One gRPC-web call; the bytes of the answer. Throws the status that the server gives. */
  async #call(service: string, method: string, request: Message): Promise<Uint8Array> {
    const message = request.serializeBinary();
    const frame = Buffer.alloc(5 + message.length);
    frame.writeUInt32BE(message.length, 1);
    frame.set(message, 5);
    const answer = await fetch(`http://127.0.0.1:${this.#apiPort}/api.${service}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/grpc-web+proto", authorization: `Bearer ${this.#token}` },
      body: frame,
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const length = body.length >= 5 && body[0] === 0 ? body.readUInt32BE(1) : -5;
    const trailers = body.subarray(5 + length).toString("latin1");
    const status = answer.headers.get("grpc-status") ?? /grpc-status: ?(\d+)/.exec(trailers)?.[1];
    if (status !== "0" || length < 0) {
      throw new Error(`${service}.${method}: ${answer.headers.get("grpc-message") ?? trailers}`);
    }
    return new Uint8Array(body.subarray(5, 5 + length));
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}
