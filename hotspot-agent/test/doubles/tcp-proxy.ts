/**
 * A TCP proxy that cuts, delays and freezes a link: the network between the agent and a broker.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly #targetPort: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | null = null;
  #port = 0;
  #delayMs = 0;
  #isFrozen = false;
  /** What came while frozen, in order. */
  #held: (() => void)[] = [];
  /** Connections taken since the start. */
  connections = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens; on the same port as before when it listened before. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const server = createServer((near) => this.#take(near));
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", () => {
        this.#port = (server.address() as { port: number }).port;
        this.#server = server;
        resolve();
      });
    });
  }

  /** Breaks every connection and takes no more until `open`. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.breakConnections();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  /** Breaks every connection; new ones are taken. */
  breakConnections(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    this.#pairs.clear();
    this.#held = [];
  }

  /** Connections stay open and nothing gets through any more, as on a dead mobile link. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** What was held goes on its way. */
  thaw(): void {
    this.#isFrozen = false;
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  /** Adds this much to every byte's way, each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  #take(near: Socket): void {
    this.connections++;
    const far = connect(this.#targetPort, "127.0.0.1");
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true);
      from.on("data", (data) => this.#pass(() => void to.write(data)));
      from.on("error", end);
      from.on("close", end);
    }
  }

  #pass(deliver: () => void): void {
    const released = () => {
      if (this.#delayMs > 0) setTimeout(deliver, this.#delayMs);
      else deliver();
    };
    if (this.#isFrozen) this.#held.push(released);
    else released();
  }
}
