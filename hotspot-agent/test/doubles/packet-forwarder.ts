/**
 * A packet forwarder with two sockets, as Semtech's reference one: "up" sends PUSH_DATA, "down" sends PULL_DATA and TX_ACK, each
 * from a port of its own. It counts what was acknowledged and when, and answers downlinks as it is told to.
 */
import type { udp } from "bun";

/** What of a txpk the tests look at. */
export interface Txpk {
  readonly imme?: boolean;
  readonly tmst?: number;
  readonly tmms?: number;
  readonly freq: number;
  readonly powe: number;
  readonly modu: string;
  readonly datr: string | number;
  readonly codr: string;
  readonly ipol?: boolean;
  readonly size: number;
  readonly data: string;
}

export interface Transmission {
  readonly txpk: Txpk;
  readonly phyPayload: Uint8Array;
  readonly receivedMs: number;
}

/** `silent`: the forwarder never answers. Otherwise the error of its TX_ACK; `NONE` is success. */
export type TxAnswer = "silent" | "NONE" | "TOO_LATE" | "TOO_EARLY" | "COLLISION_PACKET" | "TX_FREQ" | (string & {});

export interface ForwarderOptions {
  readonly eui: string;
  readonly port: number;
  readonly version?: 1 | 2;
  /** 0: only when told. */
  readonly keepAliveMs?: number;
}

interface Pushed {
  readonly sentMs: number;
  ackedMs: number | undefined;
}

const PUSH_DATA = 0;
const PUSH_ACK = 1;
const PULL_DATA = 2;
const PULL_RESP = 3;
const PULL_ACK = 4;
const TX_ACK = 5;

export class PacketForwarder {
  readonly eui: string;
  readonly transmissions: Transmission[] = [];
  /** One for every PUSH_DATA, in the order of sending. */
  readonly pushed: Pushed[] = [];
  pullAcks = 0;
  /** How downlinks are answered. */
  answer: (txpk: Txpk) => TxAnswer = () => "NONE";
  /** Microsecond counter when `performance.now()` was 0. */
  tmstOffset = 0;
  readonly #options: ForwarderOptions;
  readonly #waiting = new Map<number, Pushed>();
  readonly #watchers = new Set<() => void>();
  #up: udp.Socket<"buffer"> | undefined;
  #down: udp.Socket<"buffer"> | undefined;
  #keepAlive: Timer | undefined;
  #token = 0;

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.eui = options.eui;
  }

  /** Opens both sockets and sends the first PULL_DATA. */
  static async open(options: ForwarderOptions): Promise<PacketForwarder> {
    const forwarder = new PacketForwarder(options);
    await forwarder.#openSockets();
    const { keepAliveMs = 1000 } = options;
    if (keepAliveMs > 0) forwarder.#keepAlive = setInterval(() => forwarder.pull(), keepAliveMs);
    return forwarder;
  }

  /** The counter of the concentrator now, u32 µs. */
  tmst(): number {
    return Math.floor(performance.now() * 1000 + this.tmstOffset) % 2 ** 32;
  }

  /** An rxpk of this concentrator with the usual values; `change` overrules them. */
  rxpk(phyPayload: Uint8Array, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      tmst: this.tmst(),
      freq: 868.1,
      chan: 0,
      rfch: 0,
      stat: 1,
      modu: "LORA",
      datr: "SF7BW125",
      codr: "4/5",
      rssi: -60,
      lsnr: 9.5,
      size: phyPayload.length,
      data: Buffer.from(phyPayload).toString("base64"),
      ...change,
    };
  }

  /** Sends one PUSH_DATA of these packets. */
  push(...rxpk: readonly Record<string, unknown>[]): Pushed {
    return this.pushJson({ rxpk });
  }

  pushJson(body: unknown): Pushed {
    return this.pushText(JSON.stringify(body));
  }

  /** Sends a PUSH_DATA of any text. */
  pushText(text: string): Pushed {
    const pushed: Pushed = { sentMs: performance.now(), ackedMs: undefined };
    const token = this.#nextToken();
    this.#waiting.set(token, pushed);
    this.pushed.push(pushed);
    this.#sendUp(this.#datagram(PUSH_DATA, token, Buffer.from(text)));
    return pushed;
  }

  /** Sends any bytes from the socket for uplinks. */
  sendRaw(bytes: Uint8Array): void {
    this.#sendUp(bytes);
  }

  pull(): void {
    this.#send(this.#down, this.#datagram(PULL_DATA, this.#nextToken(), Buffer.alloc(0)));
  }

  /** Gives both sockets new ports, as a NAT or a restart does, and pulls. */
  async rebind(): Promise<void> {
    this.#up?.close();
    this.#down?.close();
    await this.#openSockets();
  }

  /** PUSH_DATA without their PUSH_ACK so far. */
  get unacked(): number {
    return this.pushed.filter(({ ackedMs }) => ackedMs === undefined).length;
  }

  /** Resolves when `done` is true, looked at after every datagram; rejects after `timeoutMs`. */
  until(done: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!done()) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`forwarder ${this.eui} waited ${timeoutMs} ms for ${what}`));
      }, timeoutMs);
      this.#watchers.add(look);
      look();
    });
  }

  close(): void {
    clearInterval(this.#keepAlive);
    this.#up?.close();
    this.#down?.close();
  }

  async #openSockets(): Promise<void> {
    const open = (onData: (bytes: Buffer) => void) =>
      Bun.udpSocket({
        hostname: "127.0.0.1",
        socket: {
          data: (_socket, bytes) => {
            onData(bytes);
            for (const look of [...this.#watchers]) look();
          },
          // A refused datagram (the agent is down) is the agent's business, not the forwarder's.
          error: () => {},
        },
      });
    this.#up = await open((bytes) => this.#onUp(bytes));
    this.#down = await open((bytes) => this.#onDown(bytes));
    this.pull();
  }

  #onUp(bytes: Buffer): void {
    if (bytes.length !== 4 || bytes[3] !== PUSH_ACK) throw new Error(`not a PUSH_ACK: ${bytes.toString("hex")}`);
    const pushed = this.#waiting.get(bytes.readUInt16BE(1));
    if (pushed === undefined) throw new Error("a PUSH_ACK for nothing");
    pushed.ackedMs ??= performance.now();
  }

  #onDown(bytes: Buffer): void {
    if (bytes[3] === PULL_ACK) {
      this.pullAcks++;
      return;
    }
    if (bytes[3] !== PULL_RESP) throw new Error(`not for a gateway: ${bytes.toString("hex")}`);
    const { txpk } = JSON.parse(bytes.subarray(4).toString()) as { readonly txpk: Txpk };
    const phyPayload = new Uint8Array(Buffer.from(txpk.data, "base64"));
    this.transmissions.push({ txpk, phyPayload, receivedMs: performance.now() });
    const answer = this.answer(txpk);
    if (answer === "silent") return;
    const body = answer === "NONE" ? "" : JSON.stringify({ txpk_ack: { error: answer } });
    this.#send(this.#down, this.#datagram(TX_ACK, bytes.readUInt16BE(1), Buffer.from(body)));
  }

  #datagram(type: number, token: number, body: Buffer): Buffer {
    const { version = 2 } = this.#options;
    return Buffer.concat([Buffer.from([version, token >> 8, token & 0xff, type]), Buffer.from(this.eui, "hex"), body]);
  }

  #nextToken(): number {
    this.#token = (this.#token + 1) & 0xffff;
    return this.#token;
  }

  #sendUp(bytes: Uint8Array): void {
    this.#send(this.#up, bytes);
  }

  #send(socket: udp.Socket<"buffer"> | undefined, bytes: Uint8Array): void {
    try {
      socket?.send(bytes, this.#options.port, "127.0.0.1");
    } catch {
      // ECONNREFUSED of an earlier datagram: nobody listens right now.
    }
  }
}
