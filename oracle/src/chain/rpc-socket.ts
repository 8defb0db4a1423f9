/**
 * What an endpoint tells over its websocket, for as long as somebody listens. A socket that closes is not mended here: nothing is heard any
 * more, and who listens does so anew (registry-watch.ts), over another socket. So an endpoint that is gone costs one try each time, where the
 * socket of web3.js tries for ever, also after everybody has left.
 *
 * Every message is looked at before it is believed to be one; what is none is dropped.
 */

/** A longer message is dropped, characters: an account of a hotspot has under 1 kB. */
const MAX_MESSAGE_LENGTH = 1024 * 1024;

interface Subscription {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Gets results that may be anything; what it throws is dropped with them. */
  readonly tell: (result: unknown) => void;
}

/** `ws://` of an endpoint: where it names a port, its websocket is at the next one, as Solana's own clients have it. */
export function websocketUrlOf(url: string): string {
  const at = new URL(url);
  at.protocol = at.protocol === "https:" ? "wss:" : "ws:";
  if (at.port !== "") at.port = String(Number(at.port) + 1);
  return at.href;
}

export class RpcSocket {
  readonly #url: string;
  #open: OpenSocket | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Listens until the answer is called. Subscriptions are asked for in their order; the socket is closed with the last. */
  subscribe(method: string, params: readonly unknown[], tell: Subscription["tell"]): () => void {
    this.#open ??= new OpenSocket(this.#url);
    const socket = this.#open;
    const end = socket.add({ method, params, tell });
    return () => {
      end();
      if (!socket.isEmpty) return;
      socket.close();
      if (this.#open === socket) this.#open = undefined;
    };
  }
}

class OpenSocket {
  readonly #socket: WebSocket;
  /** By the number of their request. */
  readonly #asked = new Map<number, Subscription>();
  /** By the endpoint's number. */
  readonly #held = new Map<number, number>();
  #lastId = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("open", () => {
      for (const [id, subscription] of this.#asked) this.#ask(id, subscription);
    });
    this.#socket.addEventListener("message", ({ data }) => this.#take(data));
    // It is silent then, which is all there is to know.
    this.#socket.addEventListener("error", () => {});
  }

  get isEmpty(): boolean {
    return this.#asked.size === 0;
  }

  add(subscription: Subscription): () => void {
    const id = ++this.#lastId;
    this.#asked.set(id, subscription);
    if (this.#socket.readyState === WebSocket.OPEN) this.#ask(id, subscription);
    return () => this.#asked.delete(id);
  }

  close(): void {
    this.#socket.close();
  }

  #ask(id: number, { method, params }: Subscription): void {
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  }

  #take(data: unknown): void {
    if (typeof data !== "string" || data.length > MAX_MESSAGE_LENGTH) return;
    try {
      const message = JSON.parse(data) as {
        readonly id?: number;
        readonly result?: unknown;
        readonly params?: { readonly subscription: number; readonly result: unknown };
      };
      if (typeof message.id === "number" && typeof message.result === "number") {
        if (this.#asked.has(message.id)) this.#held.set(message.result, message.id);
        return;
      }
      const id = this.#held.get(message.params?.subscription ?? -1);
      if (id !== undefined) this.#asked.get(id)?.tell(message.params!.result);
    } catch {
      // No message, or of another form.
    }
  }
}
