/**
 * Turns some hotspots of a world into attackers: who, in which group, where they really stand and what they assert.
 *
 * Attackers are hotspots of the list, so their towns and sitings are real; they are old, have clean records and no faults. Those who
 * know the rules own each hotspot by another wallet; the naive have one wallet a group.
 */
import {
  type Cell,
  EARTH_RADIUS_M,
  latLngOfPosition,
  latLngToCell,
  POSITION_UNITS_PER_M,
  type Position,
  positionOfCell,
} from "@earshot/geo";
import { type DeviceSigner, SelectionRank, sha256, signerFromEd25519Seed } from "@earshot/poc/protocol";
import type { RadioSite } from "../radio-model.ts";
import { derive, type RandomStream, randomStream } from "../random.ts";
import type { SimulatedHotspot, World } from "../world.ts";
import { walletOf } from "../world.ts";
import type { Attack, AttackRole } from "./attack.ts";
import { roleOf } from "./roles.ts";

/** Hotspots of a room and of a mast. */
const ROOM_SIZE = 20;
const MAST_SIZE = 4;
/** How far from the real place the boxes of a room and a mast are asserted, m. */
const ROOM_SPREAD_M = { from: 800, to: 3000 } as const;
const MAST_SPREAD_M = { from: 800, to: 2000 } as const;
/** How far the moved assert, km. */
const MOVED_KM = { naive: { from: 5, to: 500 }, informed: { from: 5, to: 20 } } as const;
/** How far a clone stands from its twin, km. */
const CLONE_KM = { from: 6, to: 15 } as const;
/** An informed ring is this far from the town, km, and this wide, m. */
const RING_AWAY_KM = 40;
const RING_SPREAD_M = { from: 500, to: 4000 } as const;
const ASSERTED_RESOLUTION = 12;
const YEAR_OF_EPOCHS = 365;
const GROUND_KEYS = 64;

/** The world with its attackers, in place of the hotspots they were. */
export function enlist(world: World, attack: Attack): World {
  const count = Math.max(1, Math.round(attack.share * world.hotspots.length));
  const ranked = world.hotspots
    .map((hotspot, index) => ({ index, rank: randomStream(world.seed, "attacker", hotspot.id).unit(), hotspot }))
    .filter(({ hotspot }) => hotspot.assertedCell !== undefined)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count);
  const size = groupSize(attack, count);
  const hotspots = [...world.hotspots];
  ranked.forEach(({ index, hotspot }, place) => {
    const group = Math.floor(place / size);
    const head = ranked[group * size].hotspot;
    hotspots[index] = recruit(world, attack, hotspot, { group, head, isHead: place % size === 0 });
  });
  return { ...world, hotspots };
}

function ageOf({ firstEpoch }: SimulatedHotspot, world: World): number {
  return Math.min(firstEpoch, world.firstEpoch - YEAR_OF_EPOCHS);
}

function groupSize({ name, intensity }: Attack, count: number): number {
  if (name === "room") return Math.max(2, Math.round(ROOM_SIZE * intensity));
  if (name === "mast") return MAST_SIZE;
  return count;
}

interface Place {
  readonly group: number;
  /** The first of its group, at whose place rooms and masts are. */
  readonly head: SimulatedHotspot;
  readonly isHead: boolean;
}

function recruit(world: World, attack: Attack, hotspot: SimulatedHotspot, place: Place): SimulatedHotspot {
  const stream = randomStream(world.seed, "recruit", hotspot.id, attack.name, attack.strength);
  const role = roleOf(attack, place.group, stream.unit());
  if (attack.isRehearsal === true)
    return { ...hotspot, fault: undefined, firstEpoch: ageOf(hotspot, world), attacker: role };
  const owner =
    attack.strength === "naive"
      ? walletOf(world.seed, "attackers", String(place.group))
      : walletOf(world.seed, "attacker", hotspot.id);
  const common = {
    ...hotspot,
    owner,
    beneficiary: owner,
    split: undefined,
    fault: undefined,
    firstEpoch: ageOf(hotspot, world),
    assertedRegion: hotspot.radioRegion,
  };
  return { ...common, ...whereabouts(attack, common, place, role, stream) };
}

function whereabouts(
  { name, strength, intensity }: Attack,
  hotspot: SimulatedHotspot,
  { head, isHead }: Place,
  role: AttackRole,
  stream: RandomStream,
): Partial<SimulatedHotspot> {
  const here = hotspot.site.position;
  const isNaive = strength === "naive";
  switch (name) {
    case "moved": {
      const { from, to } = isNaive ? MOVED_KM.naive : MOVED_KM.informed;
      const km = from * (to / from) ** (stream.unit() * (isNaive ? 1 : intensity));
      return { attacker: role, assertedCell: cellAway(here, km * 1000, stream) };
    }
    case "room":
    case "mast": {
      const spread = name === "room" ? ROOM_SPREAD_M : MAST_SPREAD_M;
      const { position, tag } = head.site;
      // One place for the radio: one tag, so that the same others hear all of them.
      const site = { ...head.site, position, tag };
      const away = cellAway(position, stream.between(spread.from, spread.to), stream);
      return { attacker: role, site, assertedCell: isHead ? hotspot.assertedCell : away };
    }
    case "amplifier":
      return { attacker: role, site: { ...hotspot.site, openness: Math.min(1, hotspot.site.openness * 2) } };
    case "clone": {
      const at = awayFrom(here, stream.between(CLONE_KM.from, CLONE_KM.to) * 1000, stream);
      const secondSite: RadioSite = { ...hotspot.site, position: at, tag: stream.u32() };
      // Two machines that know nothing of each other number their uploads alike.
      return { attacker: { ...role, secondSite }, ...(isNaive ? { fault: "forked" as const } : {}) };
    }
    case "ring": {
      const centre = isNaive
        ? head.site.position
        : awayFrom(head.site.position, RING_AWAY_KM * 1000, randomStream("ring", head.id));
      return {
        attacker: role,
        assertedCell: cellAway(centre, stream.between(RING_SPREAD_M.from, RING_SPREAD_M.to), stream),
      };
    }
    case "grinding":
      return { attacker: role, signer: bestOfKeys(hotspot.id) };
    default:
      return { attacker: role };
  }
}

/** Of 64 keys the one that one draw of entropy ranks first: all that can be known before a window closes. */
function bestOfKeys(id: string): DeviceSigner {
  const guess = derive("guess", [id]);
  const rank = new SelectionRank();
  rank.begin(guess, 0, guess, 0);
  const ranked = Array.from({ length: GROUND_KEYS }, (_, n) => {
    const signer = signerFromEd25519Seed(derive("ground key", [id, n]));
    const digest = sha256(signer.publicKey);
    rank.rank(new Uint32Array(digest.buffer, digest.byteOffset, 2), 0);
    return { signer, hi: rank.hi, lo: rank.lo };
  });
  ranked.sort((a, b) => a.hi - b.hi || a.lo - b.lo);
  return ranked[0].signer;
}

/** A point `metres` away in a random direction along the surface. */
function awayFrom({ x, y, z }: Position, metres: number, stream: RandomStream): Position {
  const radius = EARTH_RADIUS_M * POSITION_UNITS_PER_M;
  const angle = stream.unit() * 2 * Math.PI;
  const up = [x / radius, y / radius, z / radius];
  const flat = Math.sqrt(up[0] * up[0] + up[1] * up[1]) || 1;
  const east = [-up[1] / flat, up[0] / flat, 0];
  const north = [-up[2] * east[1], up[2] * east[0], up[0] * east[1] - up[1] * east[0]];
  const arc = metres / EARTH_RADIUS_M;
  const at = (axis: number) =>
    Math.floor(
      radius *
        (up[axis] * Math.cos(arc) + Math.sin(arc) * (east[axis] * Math.cos(angle) + north[axis] * Math.sin(angle))),
    );
  return { x: at(0), y: at(1), z: at(2) };
}

function cellAway(from: Position, metres: number, stream: RandomStream): Cell {
  const { x, y, z } = awayFrom(from, metres, stream);
  const { latDeg, lngDeg } = latLngOfPosition(x, y, z);
  return latLngToCell(latDeg, lngDeg, ASSERTED_RESOLUTION);
}

/** Where a hotspot asserts to stand. */
export function assertedPosition({ assertedCell, site }: SimulatedHotspot): Position {
  return assertedCell === undefined ? site.position : positionOfCell(assertedCell.hi, assertedCell.lo);
}
