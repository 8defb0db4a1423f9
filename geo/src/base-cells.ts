/**
 * The fixed facts of the H3 grid that its bits do not tell: where each base cell lies and which one is next to it.
 *
 * Source: the tables of the H3 library 4.5 (Uber Technologies, Apache-2.0; src/h3lib/lib/baseCells.c and faceijk.c), repacked.
 * They never change: they define the meaning of every index. Hexagonal coordinates are written as a + bω, the Eisenstein
 * integers with ω a third of a turn: H3's axes i, j, k are 1, ω and ω², so that a rotation or a change of resolution is one
 * multiplication.
 */

/** Coordinates of the unit step of each digit 0 to 6: a and b of a + bω. Digit 1 is k, 2 is j, 4 is i. */
export const DIGIT_A = Int8Array.of(0, -1, 0, -1, 1, 0, 1);
export const DIGIT_B = Int8Array.of(0, -1, 1, 0, 0, -1, 1);

/** Each digit turned 60° counter-clockwise and clockwise; 0 stays, and so does the 7 of an unused digit. */
export const DIGIT_CCW = Int8Array.of(0, 5, 3, 1, 6, 4, 2, 7);
export const DIGIT_CW = Int8Array.of(0, 3, 6, 2, 5, 1, 4, 7);

/**
 * For base cell c and digit d (1 to 6), at 6c + d - 1: the neighbour's number, plus 128 times the number of 60° turns
 * counter-clockwise that bring c's orientation into the neighbour's; -1 in the direction a pentagon lacks.
 */
const BASE_CELL_STEP = new Int16Array([
  641, 5, 2, 132, 643, 136, 7, 134, 9, 128, 3, 130, 6, 10, 11, 0, 641, 5, 653, 1, 7, 260, 652, 128, -1, 143, 8, 387,
  512, 268, 2, 146, 10, 136, 0, 144, 14, 11, 401, 641, 649, 2, 21, 9, 19, 3, 653, 1, 645, 22, 16, 4, 640, 143, 19, 142,
  404, 1, 7, 134, 11, 152, 407, 5, 2, 146, 401, 407, 409, 2, 6, 10, 668, 13, 26, 388, 655, 131, 26, 149, 29, 131, 12,
  135, -1, 401, 27, 649, 276, 6, 662, 28, 31, 516, 648, 140, 18, 33, 30, 8, 645, 22, 395, 398, 390, 419, 25, 411, 24,
  30, 416, 645, 650, 16, 418, 404, 420, 7, 21, 9, 398, 403, 393, 40, 411, 36, 38, 19, 418, 653, 669, 7, 16, 169, 33,
  143, 8, 159, 408, 395, 394, 39, 421, 25, -1, 416, 37, 650, 279, 18, 23, 17, 395, 45, 39, 419, 42, 29, 43, 12, 668, 13,
  424, 35, 46, 14, 404, 401, 31, 170, 44, 140, 15, 154, 43, 166, 431, 13, 26, 149, 416, 432, 434, 16, 18, 33, 41, 44,
  53, 15, 662, 28, 414, 408, 402, 436, 50, 421, 30, 177, 432, 22, 16, 169, 403, 422, 405, 438, 36, 435, 46, 429, 56,
  401, 27, 409, 20, 34, 403, 55, 40, 438, 423, 52, 57, 24, 407, 416, -1, 418, 51, 669, 303, 21, 421, 25, 23, 443, 441,
  45, 411, 36, 20, 444, 430, 55, 49, 53, 445, 662, 673, 31, 58, 43, 446, 668, 684, 26, 446, 431, 448, 26, 42, 29, 53,
  186, 449, 28, 31, 170, 39, 419, 25, 63, 443, 440, 60, 56, 452, 27, 424, 35, 422, 427, 413, 69, 435, 64, 433, 414, 417,
  67, 450, 50, -1, 445, 66, 673, 304, 41, 48, 32, 414, 70, 67, 436, 453, 54, 71, 38, 431, 418, 57, 454, 74, 416, 37,
  434, 445, 449, 459, 31, 41, 44, 71, 439, 73, 418, 51, 420, 40, 438, 36, 72, 444, 457, 452, 447, 461, 35, 46, 429, 59,
  74, 462, 37, 423, 52, -1, 446, 76, 684, 321, 42, 447, 462, 463, 423, 429, 57, 456, 452, 464, 424, 439, 46, 437, 433,
  425, 465, 75, 450, 427, 442, 426, 466, 64, 460, -1, 440, 45, 719, 315, 77, 47, 62, 427, 84, 69, 466, 442, 437, 428,
  86, 460, 75, 451, 81, 85, 49, 432, 445, 450, 50, 48, 471, 469, 70, 440, 444, 430, 90, 77, 80, 435, 64, 47, 473, 455,
  84, 67, 436, 50, 83, 471, 458, 89, 73, 475, 51, 453, 54, -1, 457, 55, 720, 316, 88, 475, 456, 472, 54, 71, 439, 462,
  467, 476, 52, 57, 454, 65, 61, 437, 94, 86, 465, 470, 82, 96, 58, 449, 446, 63, 68, 440, 93, 719, 90, 458, 443, 441,
  95, 92, 79, 78, 191, 443, 221, 95, 205, 68, 200, 444, 227, 90, 216, 85, 478, 101, 445, 66, 459, 96, 468, 98, 446, 76,
  448, -1, 458, 70, 740, 343, 92, 69, 466, 64, 97, 473, 482, 87, 101, 486, 66, 451, 81, 460, 75, 65, 488, 480, 94, 467,
  486, 484, 451, 454, 85, 72, 91, 457, 99, 720, 105, 481, 475, 487, 453, 468, 71, 77, 80, 68, 106, 93, 227, 457, 473,
  455, 105, 88, 103, 83, 78, 458, 108, 740, 95, 719, 90, 77, 749, 735, 106, 86, 465, 75, 107, 488, 485, 92, 79, 78, 109,
  108, 221, 104, 98, 494, 76, 470, 82, -1, 482, 84, 743, 345, 111, 494, 481, 495, 82, 96, 468, 720, 105, 88, 746, 730,
  113, 102, 211, 471, 236, 114, 220, 486, 491, 496, 81, 85, 478, 485, 471, 469, 114, 112, 100, 91, 225, 473, 244, 105,
  239, 491, 494, 499, 470, 478, 96, 88, 103, 91, 113, 99, 244, 93, 227, 90, 501, 749, 241, -1, 485, 94, 755, 360, 112,
  740, 95, 92, 758, 754, 109, 108, 221, 95, 629, 758, 234, 482, 488, 480, 119, 111, 115, 97, 110, 482, 116, 743, 119,
  107, 102, 485, 120, 755, 114, 99, 244, 105, 373, 746, 249, 112, 100, 102, 118, 120, 236, 110, 235, 488, 248, 119, 240,
  743, 119, 111, 753, 745, 121, -1, 237, 118, 497, 633, 362, 120, 236, 114, 117, 761, 237, 111, 115, 110, 121, 116, 248,
  755, 114, 112, 761, 759, 118, 116, 248, 119, 245, 753, 246,
]);

/** For each base cell: its home face of the icosahedron, and its centre there in resolution 0 steps, as face, a, b. */
const BASE_CELL_HOME = new Int8Array([
  1, 1, 0, 2, 1, 1, 1, 0, 0, 2, 1, 0, 0, 2, 0, 1, 1, 1, 1, -1, -1, 2, 0, 0, 0, 1, 0, 2, 0, 1, 1, 0, 1, 1, -1, 0, 3, 1,
  0, 3, 1, 1, 11, 2, 0, 4, 1, 0, 0, 0, 0, 6, 0, 1, 0, -1, -1, 2, -1, 0, 7, -1, -1, 2, -1, -1, 0, 1, 1, 6, -1, -1, 10, 2,
  0, 6, 0, 0, 3, 0, 0, 11, 1, 0, 4, 1, 1, 3, 0, 1, 0, -1, 0, 4, 0, 0, 5, 0, 1, 0, 0, 1, 7, 0, 1, 11, 1, 1, 7, 0, 0, 10,
  1, 0, 12, 2, 0, 6, 0, -1, 7, 0, -1, 4, -1, -1, 3, -1, -1, 3, -1, 0, 4, 0, 1, 6, 1, 0, 11, 0, 0, 8, -1, -1, 5, -1, -1,
  14, 2, 0, 5, 0, 0, 12, 1, 0, 10, 1, 1, 4, -1, 0, 12, 1, 1, 7, 1, 0, 11, 0, 1, 10, 0, 0, 13, 2, 0, 10, -1, -1, 11, -1,
  -1, 9, 0, 1, 8, 0, 1, 6, 2, 0, 8, 0, 0, 9, -1, -1, 14, 1, 0, 5, 0, -1, 16, -1, 0, 8, 0, -1, 5, 1, 0, 12, 0, 0, 7, 2,
  0, 12, 0, 1, 10, 0, 1, 9, 0, 0, 13, 1, 0, 16, -1, -1, 15, -1, 0, 15, 0, 1, 16, 0, 1, 14, 1, 1, 13, 1, 1, 5, 2, 0, 8,
  1, 0, 14, 0, 0, 9, 0, -1, 14, -1, -1, 17, -1, -1, 12, -1, -1, 16, 0, 0, 17, -1, 0, 15, -1, -1, 16, 0, -1, 9, 1, 0, 15,
  0, 0, 13, 0, 0, 8, 2, 0, 13, 0, 1, 17, 0, -1, 19, 0, 1, 14, 0, 1, 19, -1, 0, 17, 0, 1, 13, -1, -1, 17, 0, 0, 16, 1, 0,
  9, 2, 0, 15, 0, -1, 15, 1, 0, 18, -1, 0, 18, -1, -1, 19, -1, -1, 17, 1, 0, 19, 0, 0, 18, 0, 1, 18, 0, -1, 19, 2, 0,
  19, 1, 0, 18, 0, 0, 19, 0, -1, 18, 1, 0,
]);

/** The base cell next to `baseCell` in direction `digit` (1 to 6), or -1 in the direction a pentagon lacks. */
export function neighbourBaseCell(baseCell: number, digit: number): number {
  const step = BASE_CELL_STEP[6 * baseCell + digit - 1];
  return step < 0 ? -1 : step & 127;
}

/** Turns of 60° counter-clockwise from `baseCell`'s orientation into that of its neighbour in direction `digit`. */
export function neighbourRotations(baseCell: number, digit: number): number {
  const step = BASE_CELL_STEP[6 * baseCell + digit - 1];
  return step < 0 ? 0 : step >> 7;
}

/** The direction (1 to 6) from one base cell to another, 0 for itself, or -1 when they do not touch. */
export function baseCellDirection(from: number, to: number): number {
  if (from === to) return 0;
  for (let digit = 1; digit <= 6; digit++) {
    if (neighbourBaseCell(from, digit) === to) return digit;
  }
  return -1;
}

/** The home face (0 to 19) of a base cell. */
export function homeFace(baseCell: number): number {
  return BASE_CELL_HOME[3 * baseCell];
}

/** Coordinate a of a base cell's centre on its home face, in resolution 0 steps. */
export function homeA(baseCell: number): number {
  return BASE_CELL_HOME[3 * baseCell + 1];
}

/** Coordinate b of a base cell's centre on its home face, in resolution 0 steps. */
export function homeB(baseCell: number): number {
  return BASE_CELL_HOME[3 * baseCell + 2];
}
