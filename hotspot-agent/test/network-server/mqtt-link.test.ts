/** The connection against a real mosquitto, over TCP, TLS and a link that breaks. */
import { readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import mqtt from "mqtt";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type LinkOptions, MqttLink, type MqttProtocol } from "../../src/network-server/mqtt-link.ts";
import { LyingBroker } from "../doubles/lying-broker.ts";
import { type Broker, startBroker } from "../doubles/mosquitto.ts";
import { TcpProxy } from "../doubles/tcp-proxy.ts";

const noCredentials = {
  username: undefined,
  password: undefined,
  certificateAuthority: undefined,
  certificate: undefined,
  privateKey: undefined,
};
const payload = Buffer.from("hello");

let broker: Broker;
const open: MqttLink[] = [];

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.dispose());
afterEach(async () => {
  await Promise.all(open.splice(0).map((link) => link.close()));
});

interface TestLink {
  readonly link: MqttLink;
  readonly ups: MqttProtocol[];
  readonly downs: string[];
  readonly messages: string[];
  /** Resolves when `done` holds; asked again after every event of the link. */
  until(done: () => boolean): Promise<void>;
}

function testLink(options: Partial<LinkOptions>): TestLink {
  const ups: MqttProtocol[] = [];
  const downs: string[] = [];
  const messages: string[] = [];
  let waiters: (() => void)[] = [];
  const changed = () => {
    const woken = waiters;
    waiters = [];
    for (const wake of woken) wake();
  };
  const link = new MqttLink({
    url: broker.url,
    clientId: `test-${open.length}-${Math.trunc(performance.now() * 1000)}`,
    protocol: "auto",
    keepAliveMs: 30_000,
    credentials: () => noCredentials,
    will: null,
    subscriptions: [],
    clock: systemClock(),
    minPauseMs: 5,
    maxPauseMs: 40,
    onMessage: (topic, bytes) => {
      messages.push(`${topic} ${Buffer.from(bytes)}`);
      changed();
    },
    onUp: (protocol) => {
      ups.push(protocol);
      changed();
    },
    onDown: (reason) => {
      downs.push(reason);
      changed();
    },
    ...options,
  });
  open.push(link);
  link.open();
  return {
    link,
    ups,
    downs,
    messages,
    until: async (done) => {
      while (!done()) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  };
}

describe("with MQTT 5", () => {
  test("tells a publish that somebody got from one that nobody did", async () => {
    const { link, ups, until } = testLink({});
    await until(() => ups.length === 1);
    expect(ups).toEqual(["5"]);
    expect(await link.publish("nobody/here", payload, 1)).toBe("no_subscribers");
    const reader = await mqtt.connectAsync(broker.url);
    await reader.subscribeAsync("some/+");
    expect(await link.publish("some/body", payload, 1)).toBe("acked");
    expect(await link.publish("some/body", payload, 0)).toBe("acked");
    await reader.endAsync();
  });

  test("settles every publish of a burst larger than the broker's window, in order", async () => {
    const received: number[] = [];
    const reader = await mqtt.connectAsync(broker.url);
    await reader.subscribeAsync("burst/+", { qos: 1 });
    let wake = () => {};
    reader.on("message", (_, bytes) => {
      received.push(Number(bytes));
      wake();
    });
    const { link, ups, until } = testLink({});
    await until(() => ups.length === 1);
    const numbers = Array.from({ length: 600 }, (_, i) => i);
    const outcomes = await Promise.all(numbers.map((i) => link.publish("burst/x", Buffer.from(String(i)), 1)));
    expect(new Set(outcomes)).toEqual(new Set(["acked"]));
    while (received.length < numbers.length) await new Promise<void>((resolve) => (wake = resolve));
    expect(received).toEqual(numbers);
    await reader.endAsync();
  });

  test("receives what it subscribed to", async () => {
    const { link, ups, messages, until } = testLink({ subscriptions: ["mine/+"] });
    await until(() => ups.length === 1);
    await link.publish("mine/down", payload, 1);
    await until(() => messages.length === 1);
    expect(messages).toEqual(["mine/down hello"]);
  });
});

test("with 3.1.1 knows only that the broker took it", async () => {
  const { link, ups, until } = testLink({ protocol: "3.1.1" });
  await until(() => ups.length === 1);
  expect(ups).toEqual(["3.1.1"]);
  expect(await link.publish("nobody/here", payload, 1)).toBe("acked");
});

/** A broker of 3.1.1 in front of the real one: what it does with a CONNECT of level 5 is the test's. */
function oldBroker(answer: Buffer | null): Promise<{ server: Server; url: string }> {
  const server = createServer((near) => {
    near.on("error", () => {});
    near.once("data", (first) => {
      // CONNECT: type, length, "MQTT" with its length, level.
      if (first[8] === 5) {
        if (answer === null) near.destroy();
        else near.end(answer);
        return;
      }
      const far = connect(broker.port, "127.0.0.1", () => far.write(first));
      far.on("error", () => near.destroy());
      far.on("close", () => near.destroy());
      near.on("close", () => far.destroy());
      near.pipe(far);
      far.pipe(near);
    });
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({ server, url: `mqtt://127.0.0.1:${(server.address() as { port: number }).port}` }),
    ),
  );
}

describe("falls back to 3.1.1", () => {
  test.each([
    ["refuses version 5 in its words", Buffer.from([0x20, 2, 0, 1])],
    ["refuses version 5 in the words of 5", Buffer.from([0x20, 3, 0, 132, 0])],
    ["hangs up on version 5", null],
  ])("where the broker %s", async (_, answer) => {
    const { server, url } = await oldBroker(answer);
    const { link, ups, until } = testLink({ url });
    await until(() => ups.length === 1);
    expect(ups).toEqual(["3.1.1"]);
    expect(await link.publish("a/b", payload, 1)).toBe("acked");
    await link.close();
    server.close();
  });
});

describe("over TLS", () => {
  let secure: Broker;
  beforeAll(async () => {
    secure = await startBroker({ tls: true });
  });
  afterAll(() => secure.dispose());

  const credentials = () => ({
    ...noCredentials,
    certificateAuthority: readFileSync(secure.caFile, "utf8"),
    certificate: readFileSync(secure.clientCertFile, "utf8"),
    privateKey: readFileSync(secure.clientKeyFile, "utf8"),
  });

  test("connects with a client certificate", async () => {
    const { link, ups, until } = testLink({ url: secure.url, credentials });
    await until(() => ups.length === 1);
    expect(await link.publish("a/b", payload, 1)).toBe("no_subscribers");
  });

  test("does not connect without one", async () => {
    const { link, ups, downs, until } = testLink({
      url: secure.url,
      credentials: () => ({ ...credentials(), certificate: undefined, privateKey: undefined }),
    });
    await until(() => downs.length >= 2);
    expect(ups).toEqual([]);
    expect(link.isUp).toBe(false);
  });

  test("does not trust a broker whose authority it does not know", async () => {
    const { ups, downs, until } = testLink({
      url: secure.url,
      credentials: () => ({ ...credentials(), certificateAuthority: undefined }),
    });
    await until(() => downs.length >= 1);
    expect(ups).toEqual([]);
    expect(downs[0]).toMatch(/certificate|authorized|verify/i);
  });
});

describe("when the link fails", () => {
  test("loses what was not acknowledged and comes back by itself", async () => {
    const proxy = new TcpProxy(broker.port);
    await proxy.open();
    const { link, ups, downs, until } = testLink({ url: `mqtt://127.0.0.1:${proxy.port}` });
    await until(() => ups.length === 1);
    proxy.freeze();
    const pending = link.publish("a/b", payload, 1);
    proxy.breakConnections();
    expect(await pending).toBe("lost");
    expect(link.isUp).toBe(false);
    expect(await link.publish("a/b", payload, 1)).toBe("lost");
    proxy.thaw();
    await until(() => ups.length === 2);
    expect(downs.length).toBeGreaterThanOrEqual(1);
    expect(await link.publish("a/b", payload, 1)).toBe("no_subscribers");
    await link.close();
    await proxy.cut();
  });

  test("settles everything when it is dropped while frozen", async () => {
    const proxy = new TcpProxy(broker.port);
    await proxy.open();
    const { link, ups, until } = testLink({ url: `mqtt://127.0.0.1:${proxy.port}` });
    await until(() => ups.length === 1);
    proxy.freeze();
    const pending = Array.from({ length: 400 }, () => link.publish("a/b", payload, 1));
    link.drop("no answer");
    expect(new Set(await Promise.all(pending))).toEqual(new Set(["lost"]));
    proxy.thaw();
    await until(() => ups.length === 2);
    await link.close();
    await proxy.cut();
  });

  test("takes up changed credentials at the next attempt, and says why it cannot read them", async () => {
    let attempts = 0;
    const { ups, downs, until } = testLink({
      credentials: () => {
        if (attempts++ === 0) throw new Error("cannot read password_file");
        return noCredentials;
      },
    });
    await until(() => ups.length === 1);
    expect(downs).toEqual(["cannot read password_file"]);
  });

  test("says that nothing listens", async () => {
    const { downs, until } = testLink({ url: "mqtt://127.0.0.1:1" });
    await until(() => downs.length >= 2);
    expect(downs[0]).toMatch(/refused|connect/i);
  });
});

describe("a broker that lies", () => {
  let liar: LyingBroker;
  beforeEach(async () => {
    liar = await LyingBroker.open();
  });
  afterEach(() => liar.close());

  test("is left when it says nothing to the subscription, however well it answers pings", async () => {
    liar.answersSubscriptions = false;
    const real = systemClock();
    const hasty = { ...real, after: (delayMs: number, task: () => void) => real.after(delayMs / 100, task) };
    const { ups, downs, until } = testLink({ url: liar.url, subscriptions: ["a/#"], clock: hasty });
    await until(() => downs.length === 2);
    expect(downs[0]).toBe("the broker does not answer the subscription");
    expect(ups).toEqual([]);
    liar.answersSubscriptions = true;
    await until(() => ups.length === 1);
  });

  test("is left when its message grows past what a gateway can mean, and costs no more memory than that", async () => {
    const { ups, downs, messages, until } = testLink({ url: liar.url, subscriptions: ["a/#"] });
    await until(() => ups.length === 1);
    liar.send(LyingBroker.message("a/b", new Uint8Array(0), 268_435_455));
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 64; i++) liar.send(new Uint8Array(1024 * 1024));
    await until(() => downs.length === 1);
    expect(downs[0]).toMatch(/message of more than 262144 bytes/);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
    await until(() => ups.length === 2);
    liar.send(LyingBroker.message("a/b", Buffer.alloc(200_000, "x")));
    await until(() => messages.length === 1);
    expect(messages[0]).toHaveLength(4 + 200_000);
  });

  test("may send many messages in one piece, together longer than one may be", async () => {
    const { ups, downs, messages, until } = testLink({ url: liar.url, subscriptions: ["a/#"] });
    await until(() => ups.length === 1);
    const one = LyingBroker.message("a/b", Buffer.alloc(30_000, "x"));
    liar.send(Buffer.concat(Array.from({ length: 40 }, () => one)));
    await until(() => messages.length === 40);
    expect(downs).toEqual([]);
  });
});

test("leaves its will when it breaks and its farewell when it closes", async () => {
  const will = { topic: "state/x", payload: Buffer.from("offline") };
  const states: string[] = [];
  let wake = () => {};
  const reader = await mqtt.connectAsync(broker.url);
  reader.on("message", (_, bytes) => {
    states.push(String(bytes));
    wake();
  });
  await reader.subscribeAsync("state/x", { qos: 1 });
  const states2 = async (count: number) => {
    while (states.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  const proxy = new TcpProxy(broker.port);
  await proxy.open();
  const { link, ups, until } = testLink({ url: `mqtt://127.0.0.1:${proxy.port}`, will });
  await until(() => ups.length === 1);
  proxy.breakConnections();
  await states2(1);
  await until(() => ups.length === 2);
  await link.close({ topic: "state/x", payload: Buffer.from("goodbye") });
  await states2(2);
  expect(states).toEqual(["offline", "goodbye"]);
  await reader.endAsync();
  await proxy.cut();
});
