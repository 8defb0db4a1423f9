/** The three-word name of a hotspot, Helium's way: easy to say, made from the text form of its key. The door to angry-purple-tiger. */
import animalHash from "angry-purple-tiger";

/** A name such as "Fantastic White Copperhead". Not unique: it names, the key identifies. */
export function animalName(keyText: string): string {
  return animalHash(keyText);
}
