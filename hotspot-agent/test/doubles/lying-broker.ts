/** A broker that speaks just enough MQTT 5 to be believed, and then lies as a test tells it to. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const PINGREQ = 12;

export class LyingBroker {
  answersSubscriptions = true;
  acknowledges = true;
  /** QoS 1 publishes that it got. */
  publishes = 0;
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(): Promise<LyingBroker> {
    const broker = new LyingBroker();
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Sends bytes over every connection, as long as one takes them. */
  send(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** A QoS 0 message, whole, or with `claimedBytes` only its beginning. */
  static message(topic: string, payload: Uint8Array, claimedBytes?: number): Uint8Array {
    const body = Buffer.concat([Buffer.of(0, topic.length), Buffer.from(topic), Buffer.of(0), payload]);
    return Buffer.concat([Buffer.of(0x30), lengthBytes(claimedBytes ?? body.length), body]);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    let unread = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      unread = Buffer.concat([unread, data]);
      for (let packet = firstPacket(unread); packet !== null; packet = firstPacket(unread)) {
        unread = unread.subarray(packet.end);
        this.#answer(socket, packet);
      }
    });
  }

  #answer(socket: Socket, { type, qos, body }: Packet): void {
    if (type === CONNECT) socket.write(Buffer.of(0x20, 3, 0, 0, 0));
    else if (type === PINGREQ) socket.write(Buffer.of(0xd0, 0));
    else if (type === SUBSCRIBE && this.answersSubscriptions)
      socket.write(Buffer.of(0x90, 4, body[0]!, body[1]!, 0, 1));
    else if (type === PUBLISH && qos === 1) {
      this.publishes++;
      const at = 2 + body.readUInt16BE(0);
      if (this.acknowledges) socket.write(Buffer.of(0x40, 2, body[at]!, body[at + 1]!));
    }
  }
}

interface Packet {
  readonly type: number;
  readonly qos: number;
  readonly body: Buffer;
  readonly end: number;
}

/** The first whole packet of a stream; its length is a number of seven bits a byte, the lowest first. */
function firstPacket(bytes: Buffer): Packet | null {
  let length = 0;
  for (let at = 1; at < bytes.length && at <= 4; at++) {
    length += (bytes[at]! & 0x7f) * 128 ** (at - 1);
    if (bytes[at]! >= 128) continue;
    const end = at + 1 + length;
    if (end > bytes.length) return null;
    return { type: bytes[0]! >> 4, qos: (bytes[0]! >> 1) & 3, body: bytes.subarray(at + 1, end), end };
  }
  return null;
}

function lengthBytes(length: number): Buffer {
  const bytes: number[] = [];
  for (let left = length; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.of(...bytes, left);
    bytes.push((left % 128) | 0x80);
  }
}
