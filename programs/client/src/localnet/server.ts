/**
 * The node's sockets: JSON-RPC over HTTP on a port, websockets on the port above it, both on 127.0.0.1 only.
 *
 * Port + 1 is where unmodified web3.js looks for subscriptions. A body must be JSON by its content type, which also keeps web pages of
 * other origins out; nothing here allows them in.
 */
import type { Server, ServerWebSocket } from "bun";
import { ClientError } from "../errors.ts";
import type { LocalNode } from "./node.ts";
import type { Subscriptions } from "./rpc/subscriptions.ts";

const HOST = "127.0.0.1";
const MAX_BODY_BYTES = 1024 * 1024;
/** Unread bytes after which a websocket that does not read is closed. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const PORT_TRIES = 50;

interface SocketData {
  subscriptions: Subscriptions | null;
}

export interface LocalServer {
  readonly port: number;
  readonly url: string;
  readonly websocketUrl: string;
  stop(): Promise<void>;
}

/** Serves a node; port 0 takes any free pair of ports. Throws PRG_PORT_TAKEN. */
export function serveNode(node: LocalNode, port: number): LocalServer {
  for (let attempt = 1; ; attempt++) {
    const pair = tryServe(node, port);
    if (pair !== null) return localServer(...pair);
    if (port !== 0 || attempt === PORT_TRIES)
      throw new ClientError(
        "PRG_PORT_TAKEN",
        port === 0 ? "no two neighbouring ports are free" : `port ${port} or ${port + 1} is in use`,
      );
  }
}

function tryServe(node: LocalNode, port: number): [Server<undefined>, Server<SocketData>] | null {
  let http: Server<undefined>;
  try {
    http = serveHttp(node, port);
  } catch {
    return null;
  }
  try {
    return [http, serveWebsocket(node, http.port! + 1)];
  } catch {
    http.stop(true);
    return null;
  }
}

function localServer(http: Server<undefined>, websocket: Server<SocketData>): LocalServer {
  const port = http.port!;
  return {
    port,
    url: `http://${HOST}:${port}`,
    websocketUrl: `ws://${HOST}:${port + 1}`,
    async stop() {
      await Promise.all([http.stop(true), websocket.stop(true)]);
    },
  };
}

function serveHttp(node: LocalNode, port: number): Server<undefined> {
  return Bun.serve({
    hostname: HOST,
    port,
    maxRequestBodySize: MAX_BODY_BYTES,
    async fetch(request) {
      if (request.method === "GET" && new URL(request.url).pathname === "/health") return new Response("ok");
      if (request.method !== "POST")
        return new Response("Used HTTP Method is not allowed. POST is required", { status: 405 });
      const type = request.headers.get("content-type") ?? "";
      if (!/^application\/json\s*(;|$)/i.test(type))
        return new Response("Supplied content type is not allowed. Content-Type: application/json is required", {
          status: 415,
        });
      const answer = node.answer(await request.text());
      return new Response(answer ?? "", { headers: { "content-type": "application/json" } });
    },
    error: () => new Response("the request could not be read", { status: 400 }),
  });
}

function serveWebsocket(node: LocalNode, port: number): Server<SocketData> {
  return Bun.serve<SocketData>({
    hostname: HOST,
    port,
    fetch(request, server) {
      // A browser says where its page is from; this chain is for programs of this machine.
      const origin = request.headers.get("origin");
      if (origin !== null && !/^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin))
        return new Response("foreign origin", { status: 403 });
      if (server.upgrade(request, { data: { subscriptions: null } })) return undefined;
      return new Response("websocket only", { status: 426 });
    },
    websocket: {
      maxPayloadLength: MAX_BODY_BYTES,
      backpressureLimit: MAX_BUFFERED_BYTES,
      closeOnBackpressureLimit: true,
      open(socket: ServerWebSocket<SocketData>) {
        socket.data.subscriptions = node.connect((text) => socket.send(text));
      },
      message(socket, text) {
        if (typeof text !== "string") socket.close(1003, "text only");
        else socket.data.subscriptions?.receive(text);
      },
      close(socket) {
        if (socket.data.subscriptions !== null) node.disconnect(socket.data.subscriptions);
      },
    },
  });
}
