/**
 * The attackers of a world at work: what they write into their reports, and what they claim to have heard.
 *
 * Knows the asserted places, the groups, and the second sites of cloned keys, which stand behind the hotspots in the radio model's list.
 */
import { chordSquared, type Position, surfaceDistanceM } from "@earshot/geo";
import { spreadingFactorOf } from "@earshot/poc/protocol";
import type { Transmission } from "../beacons.ts";
import type { RadioSite } from "../radio-model.ts";
import type { RandomStream } from "../random.ts";
import type { SimulatedHotspot, World } from "../world.ts";
import type { AttackRole } from "./attack.ts";
import { assertedPosition } from "./enlist.ts";
import { CONSTANT_FIGURES, fittingFigures, type WrittenFigures } from "./figures.ts";

export interface Claim {
  readonly hotspot: number;
  readonly figures: WrittenFigures;
}

interface Member {
  readonly index: number;
  readonly hotspot: SimulatedHotspot;
  readonly role: AttackRole;
  readonly asserted: Position;
}

export class AttackCrew {
  readonly #world: World;
  readonly #members: readonly Member[];
  readonly #byIndex: ReadonlyMap<number, Member>;
  readonly #secondSites: readonly Member[];

  constructor(world: World) {
    this.#world = world;
    this.#members = world.hotspots.flatMap((hotspot, index) =>
      hotspot.attacker === undefined
        ? []
        : [{ index, hotspot, role: hotspot.attacker, asserted: assertedPosition(hotspot) }],
    );
    this.#byIndex = new Map(this.#members.map((member) => [member.index, member]));
    this.#secondSites = this.#members.filter(({ role }) => role.secondSite !== undefined);
  }

  /** Sites of the radio model beyond those of the hotspots. */
  get secondSites(): readonly RadioSite[] {
    return this.#secondSites.map(({ role }) => role.secondSite!);
  }

  /** The hotspot that a site of the radio model reports for. */
  hotspotOfSite(site: number): number {
    const { length } = this.#world.hotspots;
    return site < length ? site : this.#secondSites[site - length].index;
  }

  /** What a hotspot writes of a reception it made; undefined when it keeps it to itself. `isSecondSite`: a clone's other place made it. */
  rewritten(
    receiver: number,
    transmission: Transmission,
    heard: WrittenFigures,
    isSecondSite: boolean,
    stream: RandomStream,
  ): WrittenFigures | undefined {
    const member = this.#byIndex.get(receiver);
    if (member === undefined || member.role.figures === "true") return heard;
    if (member.role.secondSite !== undefined) {
      if (!isSecondSite) return heard;
      return stream.chance(member.role.claimShare) ? this.#written(member, transmission, stream) : undefined;
    }
    return this.#written(member, transmission, stream);
  }

  /** Who else says to have heard a beacon that `heardBy` did hear. */
  claims(transmission: Transmission, heardBy: ReadonlySet<number>, stream: RandomStream): Claim[] {
    const from = this.#assertedOf(transmission.hotspot);
    return this.#members.flatMap((member) => {
      const { index, role } = member;
      if (role.claims === "none" || index === transmission.hotspot || heardBy.has(index)) return [];
      if (distanceM(member.asserted, from) > role.claimWithinM || !this.#knows(member, transmission, heardBy))
        return [];
      if (!stream.chance(role.claimShare)) return [];
      const figures = this.#written(member, transmission, stream);
      return figures === undefined ? [] : [{ hotspot: index, figures }];
    });
  }

  #knows({ role }: Member, { hotspot }: Transmission, heardBy: ReadonlySet<number>): boolean {
    if (role.claims === "all") return true;
    const isOwn = this.#byIndex.get(hotspot)?.role.group === role.group;
    if (role.claims === "of_group") return isOwn;
    return isOwn || [...heardBy].some((index) => this.#byIndex.get(index)?.role.group === role.group);
  }

  #written(member: Member, transmission: Transmission, stream: RandomStream): WrittenFigures | undefined {
    if (member.role.figures === "constant") return CONSTANT_FIGURES;
    const beaconer = this.#world.hotspots[transmission.hotspot];
    return fittingFigures(
      {
        from: this.#assertedOf(transmission.hotspot),
        to: member.asserted,
        tags: [tagOf(beaconer), tagOf(member.hotspot)],
        // What the beacon's report will say, not what was on the air.
        eirpDdbm: (transmission.report?.txPowerDdbm ?? transmission.eirpDdbm) + beaconer.site.gainDdbi,
        gainDdbi: member.hotspot.site.gainDdbi,
        frequencyHz: transmission.frequencyHz,
        spreadingFactor: spreadingFactorOf(transmission.dataRate),
      },
      stream,
    );
  }

  #assertedOf(index: number): Position {
    return this.#byIndex.get(index)?.asserted ?? assertedPosition(this.#world.hotspots[index]);
  }
}

/** Members of a room share the tag of their radio's place, so a pair is told apart by keys. */
function tagOf({ signer }: SimulatedHotspot): number {
  return new DataView(signer.publicKey.buffer, signer.publicKey.byteOffset).getUint32(1);
}

function distanceM(a: Position, b: Position): number {
  return surfaceDistanceM(chordSquared(a.x - b.x, a.y - b.y, a.z - b.z));
}
