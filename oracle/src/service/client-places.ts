/** How much of the server one client has at a time, so that one that opens without end keeps nobody else out. */
import { BlockList, isIP, isIPv6 } from "node:net";

/** What a home or a server is given of IPv6 at most, bits: whoever has one address of it has all. */
const HOME_GROUPS = 4;
const HOME_BITS_OF_LAST_GROUP = 8;

/** Who is meant by an address: itself, or of IPv6 the /56 that it is in; IPv4 as IPv6 writes it is IPv4. */
export function clientOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("%", 1)[0]!.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right].map((group) => Number.parseInt(group, 16));
  groups[HOME_GROUPS - 1]! &= 0xffff << HOME_BITS_OF_LAST_GROUP;
  return `${groups
    .slice(0, HOME_GROUPS)
    .map((group) => group.toString(16))
    .join(":")}::/56`;
}

/** Counts what each client has. */
export class ClientPlaces {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place and gives what gives it back, once; undefined where the client has all that it may have. */
  take(client: string): (() => void) | undefined {
    const taken = this.#taken.get(client) ?? 0;
    if (taken >= this.#most) return undefined;
    this.#taken.set(client, taken + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = this.#taken.get(client)! - 1;
      if (left === 0) this.#taken.delete(client);
      else this.#taken.set(client, left);
    };
  }
}

/** Whether an address is one of these, or in one of these networks (`ADDRESS/BITS`). */
export function addressSet(written: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const one of written) {
    const [address = "", bits] = one.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = plainAddress(address);
    return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
}

/** Whether a text is an address, or a network as `ADDRESS/BITS`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/i, "");
}
