/** Three-word names of hotspots, as their owners know them: made from the text form of a key, not unique. The door to angry-purple-tiger. */
import animalHash from "angry-purple-tiger";

/** A name such as "Fantastic White Copperhead". */
export function animalName(keyText: string): string {
  return animalHash(keyText);
}
