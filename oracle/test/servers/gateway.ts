/** A hotspot as its owner runs it, without an antenna: the agent as a process, and a packet forwarder on UDP that transmits and hears. */
import { createSocket, type Socket } from "node:dgram";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DeviceSigner, signerFromEd25519Seed } from "@earshot/poc/protocol";
import { freePorts } from "./server-process.ts";

const AGENT = join(import.meta.dirname, "../../../hotspot-agent/src/main.ts");
const EUI = Buffer.from("aa555a0000000101", "hex");
/** GWMP packet kinds. */
const PUSH_DATA = 0;
const PULL_DATA = 2;
const PULL_RESP = 3;
const TX_ACK = 5;

export interface GatewayOptions {
  readonly folder: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly oracles: readonly { readonly url: string; readonly key: string }[];
}

export class Gateway {
  readonly signer: DeviceSigner;
  /** PHYPayloads put on the air. */
  readonly transmitted: Uint8Array[] = [];
  log = "";
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #socket: Socket;
  readonly #udpPort: number;
  readonly #pagePort: number;
  readonly #pull: Timer;
  #token = 0;
  #isStopped = false;

  private constructor(
    signer: DeviceSigner,
    child: Bun.Subprocess<"ignore", "pipe", "pipe">,
    udpPort: number,
    pagePort: number,
  ) {
    this.signer = signer;
    this.#child = child;
    this.#udpPort = udpPort;
    this.#pagePort = pagePort;
    this.#socket = createSocket("udp4", (datagram) => this.#hear(datagram));
    this.#pull = setInterval(() => this.#send(PULL_DATA, Buffer.alloc(0)), 200);
    for (const stream of [child.stdout, child.stderr]) void this.#collect(stream);
  }

  static async start({ folder, seed, oracles }: GatewayOptions): Promise<Gateway> {
    const state = join(folder, "state");
    const keys = join(state, "keys");
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    writeFileSync(join(keys, "hotspot.key"), `ed25519 ${seed.toHex()}\n`, { mode: 0o600 });
    const [udpPort, pagePort] = (await freePorts(2)) as [number, number];
    const config = join(folder, "agent.toml");
    writeFileSync(
      config,
      `[hotspot]\nstate_dir = ${JSON.stringify(state)}\nregion = "EU868"\n[forwarder]\nlisten = "127.0.0.1:${udpPort}"\n` +
        `[page]\nlisten = "127.0.0.1:${pagePort}"\n[oracle]\nnetwork = 3\nurls = ${JSON.stringify(oracles.map(({ url }) => url))}\n` +
        `signers = ${JSON.stringify(oracles.map(({ key }) => key))}\n`,
    );
    const child = Bun.spawn([process.execPath, AGENT, "server", "-c", config], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" },
    });
    return new Gateway(signerFromEd25519Seed(seed), child, udpPort, pagePort);
  }

  /** The concentrator hears a frame at SF10. */
  hears(phyPayload: Uint8Array): void {
    const rxpk = {
      tmst: Math.floor(performance.now() * 1000) % 2 ** 32,
      freq: 868.1,
      chan: 0,
      rfch: 0,
      stat: 1,
      modu: "LORA",
      datr: "SF10BW125",
      codr: "4/5",
      rssi: -110,
      lsnr: -5,
      size: phyPayload.length,
      data: Buffer.from(phyPayload).toString("base64"),
    };
    this.#send(PUSH_DATA, Buffer.from(JSON.stringify({ rxpk: [rxpk] })));
  }

  /** A counter of the agent, all its series together; 0 while it does not answer. */
  async metric(name: string): Promise<number> {
    try {
      const text = await (await fetch(`http://127.0.0.1:${this.#pagePort}/metrics`)).text();
      const values = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    } catch {
      return 0;
    }
  }

  /** Ends the agent; once is enough. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#pull);
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    this.#socket.close();
  }

  #hear(datagram: Buffer): void {
    if (datagram[3] !== PULL_RESP) return;
    const { txpk } = JSON.parse(datagram.subarray(4).toString()) as { txpk: { data: string } };
    this.transmitted.push(new Uint8Array(Buffer.from(txpk.data, "base64")));
    const ack = Buffer.concat([
      datagram.subarray(0, 3),
      Buffer.from([TX_ACK]),
      EUI,
      Buffer.from('{"txpk_ack":{"error":"NONE"}}'),
    ]);
    this.#socket.send(ack, this.#udpPort, "127.0.0.1");
  }

  #send(kind: number, body: Buffer): void {
    const token = this.#token++ & 0xffff;
    const head = Buffer.from([2, token >> 8, token & 0xff, kind]);
    this.#socket.send(Buffer.concat([head, EUI, body]), this.#udpPort, "127.0.0.1");
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.log += decoder.decode(chunk, { stream: true });
  }
}
