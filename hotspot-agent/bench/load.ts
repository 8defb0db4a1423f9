/**
 * Packet forwarders of the bench: they push numbered packets over UDP and see the acknowledgements; and a subscriber at the
 * broker that sees each packet arrive, once or more often.
 *
 * A packet's frame is unconfirmed data with 16 bytes: the number of the run, its own number, and when it was sent.
 */
import type { udp } from "bun";
import mqtt from "mqtt";

const PUSH_DATA = 0;
const FRAME_BYTES = 29;
const FRAME_DATA_AT = 9;
/** Datagrams that a window holds without an ack: far fewer than a socket buffer. */
const WINDOW = 64;

export interface LoadShape {
  readonly run: number;
  readonly packets: number;
  /** Number of the first packet; 0 without it. */
  readonly first?: number;
  readonly gateways: number;
  readonly devices: number;
  /** Packets per second; undefined: as fast as acks come. */
  readonly perSecond: number | undefined;
}

/** What arrived at the broker, by run. */
export class Arrivals {
  readonly #client: mqtt.MqttClient;
  #run = 0;
  #seen = new Uint8Array(0);
  #lastFCnt = new Map<number, number>();
  #waiter: { readonly count: number; readonly resolve: () => void } | undefined;
  unique = 0;
  duplicates = 0;
  outOfOrder = 0;
  readonly latenciesMs: number[] = [];
  lastMs = 0;

  private constructor(client: mqtt.MqttClient) {
    this.#client = client;
    client.on("message", (_topic, payload) => this.#onFrame(payload));
  }

  static async connect(url: string): Promise<Arrivals> {
    const client = await mqtt.connectAsync(url, {
      protocolVersion: 5,
      clientId: "bench-subscriber",
      properties: { receiveMaximum: 65_535 },
    });
    await client.subscribeAsync("eu868/gateway/+/event/up", { qos: 0 });
    return new Arrivals(client);
  }

  /** Forgets what was counted and counts `packets` packets of `run`. */
  begin(run: number, packets: number): void {
    this.#run = run;
    this.#seen = new Uint8Array(packets);
    this.#lastFCnt = new Map();
    this.unique = 0;
    this.duplicates = 0;
    this.outOfOrder = 0;
    this.latenciesMs.length = 0;
  }

  /** Resolves true when `count` different packets arrived, false after `timeoutMs`. */
  async until(count: number, timeoutMs: number): Promise<boolean> {
    if (this.unique >= count) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiter = undefined;
        resolve(false);
      }, timeoutMs);
      this.#waiter = {
        count,
        resolve: () => {
          clearTimeout(timer);
          resolve(true);
        },
      };
    });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  /** Field 1 of an UplinkFrame is the PHYPayload, and both relays write it first: no need for a protobuf reader. */
  #onFrame(payload: Buffer): void {
    if (payload[0] !== 0x0a || payload[1] !== FRAME_BYTES) return;
    const frame = payload.subarray(2, 2 + FRAME_BYTES);
    if (frame.readUInt32LE(FRAME_DATA_AT) !== this.#run) return;
    const index = frame.readUInt32LE(FRAME_DATA_AT + 4);
    this.lastMs = performance.now();
    if (this.#seen[index] !== 0) {
      this.duplicates++;
      return;
    }
    this.#seen[index] = 1;
    this.unique++;
    const devAddr = frame.readUInt32LE(1);
    const fCnt = frame.readUInt16LE(6);
    if (fCnt < (this.#lastFCnt.get(devAddr) ?? -1)) this.outOfOrder++;
    this.#lastFCnt.set(devAddr, fCnt);
    this.latenciesMs.push(this.lastMs - frame.readDoubleLE(FRAME_DATA_AT + 8));
    if (this.#waiter !== undefined && this.unique >= this.#waiter.count) {
      this.#waiter.resolve();
      this.#waiter = undefined;
    }
  }
}

/** Many gateways at one socket; each has an EUI of its own. */
export class Forwarders {
  readonly #socket: udp.Socket<"buffer">;
  readonly #port: number;
  readonly #sentMs = new Float64Array(65_536);
  #token = 0;
  #outstanding = 0;
  #wake: (() => void) | undefined;
  readonly ackLatenciesMs: number[] = [];
  lost = 0;

  private constructor(socket: udp.Socket<"buffer">, port: number) {
    this.#socket = socket;
    this.#port = port;
  }

  static async open(port: number): Promise<Forwarders> {
    let self: Forwarders | undefined;
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_socket, bytes) => self!.#onAck(bytes), error: () => {} },
    });
    self = new Forwarders(socket, port);
    return self;
  }

  close(): void {
    this.#socket.close();
  }

  /** Pushes all packets of a run; resolves when each was acknowledged or given up after a second. */
  async push({ run, packets, first = 0, gateways, devices, perSecond }: LoadShape): Promise<void> {
    this.ackLatenciesMs.length = 0;
    this.lost = 0;
    const startMs = performance.now();
    for (let index = 0; index < packets; index++) {
      if (perSecond !== undefined) {
        const aheadMs = startMs + (1000 * index) / perSecond - performance.now();
        if (aheadMs > 0) await Bun.sleep(aheadMs);
      }
      while (this.#outstanding >= WINDOW) await this.#ack();
      this.#send(index % gateways, frameOf(run, first + index, devices), index);
    }
    while (this.#outstanding > 0) await this.#ack();
  }

  /** One ack, or a second without any: then what is outstanding is lost. */
  async #ack(): Promise<void> {
    const before = this.#outstanding;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        if (this.#outstanding === before) {
          this.lost += before;
          this.#outstanding = 0;
          this.#sentMs.fill(0);
        }
        resolve();
      }, 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #send(gateway: number, frame: Buffer, index: number): void {
    this.#token = (this.#token + 1) & 0xffff;
    const token = this.#token;
    const header = Buffer.from([
      2,
      token >> 8,
      token & 0xff,
      PUSH_DATA,
      0xaa,
      0x55,
      0x5a,
      0,
      0,
      0,
      gateway >> 8,
      gateway & 0xff,
    ]);
    const json = `{"rxpk":[{"tmst":${(index * 1000) >>> 0},"freq":868.1,"chan":0,"rfch":0,"stat":1,"modu":"LORA","datr":"SF7BW125","codr":"4/5","rssi":-60,"lsnr":9.5,"size":${FRAME_BYTES},"data":"${frame.toString("base64")}"}]}`;
    this.#sentMs[token] = performance.now();
    this.#outstanding++;
    this.#socket.send(Buffer.concat([header, Buffer.from(json)]), this.#port, "127.0.0.1");
  }

  #onAck(bytes: Buffer): void {
    if (bytes[3] !== 1) return;
    const token = bytes.readUInt16BE(1);
    const sentMs = this.#sentMs[token]!;
    if (sentMs === 0) return;
    this.#sentMs[token] = 0;
    this.#outstanding--;
    this.ackLatenciesMs.push(performance.now() - sentMs);
    this.#wake?.();
  }
}

/** Pushes an empty datagram every 2 ms until the first is acknowledged. */
export async function firstAck(port: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: () => resolve(), error: () => {} } });
  const datagram = Buffer.concat([
    Buffer.from([2, 0, 1, PUSH_DATA, 0xaa, 0x55, 0x5a, 0, 0, 0, 0, 1]),
    Buffer.from("{}"),
  ]);
  const timer = setInterval(() => {
    try {
      socket.send(datagram, port, "127.0.0.1");
    } catch {
      // ECONNREFUSED of the datagram before: nobody listens yet.
    }
  }, 2);
  await promise;
  clearInterval(timer);
  socket.close();
}

function frameOf(run: number, index: number, devices: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame[0] = 0x40;
  frame.writeUInt32LE(0x01000000 + (index % devices), 1);
  frame.writeUInt16LE(Math.floor(index / devices) & 0xffff, 6);
  frame[8] = 1;
  frame.writeUInt32LE(run, FRAME_DATA_AT);
  frame.writeUInt32LE(index, FRAME_DATA_AT + 4);
  frame.writeDoubleLE(performance.now(), FRAME_DATA_AT + 8);
  return frame;
}
