/**
 * From a cell to the direction of its centre, as three numbers, without a sine of the position.
 *
 * H3 lays its grid on the twenty faces of an icosahedron by gnomonic projection: the centre of a cell is a point of the plane
 * that touches the sphere at the middle of a face, so normalising that point gives the direction. Only +, -, *, / and sqrt act
 * on a cell, in one order: the same bits on every machine, where h3-js goes through the host's sin, cos and atan2.
 *
 * Source: faceijk.c of the H3 library 4.5 (Uber Technologies, Apache-2.0): face centres, axes and neighbours. Plane coordinates
 * are a + bω as in base-cells.ts, always in an even resolution: an odd one is first refined by one step.
 */

import { DIGIT_A, DIGIT_B, DIGIT_CW, homeA, homeB, homeFace } from "./base-cells.ts";
import { cellBaseCell, cellDigit, cellResolution, isPentagonBaseCell } from "./cell.ts";
import { cos, sin } from "./trig.ts";

const FACES = 20;
/** Length on the plane of one step of resolution 0, in radii of the sphere (H3's RES0_U_GNOMONIC). */
export const STEP_0 = 0.381966011250105;
const HALF_SQRT_3 = Math.sqrt(3) / 2;

/** For each face: its centre as a unit vector, and the azimuth of its i axis there in radians clockwise from north. */
// biome-ignore format: one face a line
const FACE = [
  0.2199307791404606, 0.6583691780274996, 0.7198475378926182, 5.6199582685239395,
  -0.2139234834501421, 0.1478171829550703, 0.9656017935214205, 5.7603390817141875,
  0.1092625278784797, -0.481195157287321, 0.8697775121287253, 0.78021365439343,
  0.7428567301586791, -0.3593941678278028, 0.5648005936517033, 0.4304693639799999,
  0.8112534709140969, 0.3448953237639384, 0.472138773641393, 6.130269123335111,
  -0.1055498149613921, 0.9794457296411413, 0.1718874610009365, 2.692877706530643,
  -0.8075407579970092, 0.1533552485898818, 0.5695261994882688, 2.982963003477244,
  -0.2846148069787907, -0.8644080972654206, 0.4144792552473539, 3.532912002790141,
  0.7405621473854482, -0.6673299564565524, -0.0789837646326737, 3.494305004259568,
  0.8512303986474293, 0.4722343788582681, -0.2289137388687808, 3.0032141694995382,
  -0.7405621473854481, 0.6673299564565524, 0.0789837646326737, 5.930472956509812,
  -0.8512303986474292, -0.4722343788582682, 0.2289137388687808, 0.13837848409025486,
  0.1055498149613919, -0.9794457296411413, -0.1718874610009365, 0.4487149470591504,
  0.8075407579970092, -0.1533552485898819, -0.5695261994882688, 0.15862965011254937,
  0.2846148069787908, 0.8644080972654204, -0.4144792552473539, 5.891865957979238,
  -0.7428567301586791, 0.3593941678278027, -0.5648005936517033, 2.711123289609793,
  -0.811253470914097, -0.3448953237639382, -0.472138773641393, 3.294508837434268,
  -0.2199307791404607, -0.6583691780274996, -0.7198475378926182, 3.80481969224544,
  0.213923483450142, -0.1478171829550704, -0.9656017935214205, 3.6644388790551923,
  -0.1092625278784796, 0.481195157287321, -0.8697775121287253, 2.361378999196363,
];

/** The faces across the ij, ki and jk edges of each face. */
const FACE_NEIGHBOUR = new Int8Array([
  4, 1, 5, 0, 2, 6, 1, 3, 7, 2, 4, 8, 3, 0, 9, 10, 14, 0, 11, 10, 1, 12, 11, 2, 13, 12, 3, 14, 13, 4, 5, 6, 15, 6, 7,
  16, 7, 8, 17, 8, 9, 18, 9, 5, 19, 16, 19, 10, 17, 15, 11, 18, 16, 12, 19, 17, 13, 15, 18, 14,
]);

/** Unit vectors of each face in its plane: along the i axis, and 90° counter-clockwise of it. */
const AXIS_X = new Float64Array(3 * FACES);
const AXIS_Y = new Float64Array(3 * FACES);
for (let face = 0; face < FACES; face++) {
  const [x, y, z, azimuth] = FACE.slice(4 * face, 4 * face + 4);
  const ring = Math.sqrt(x * x + y * y);
  const north = [(-z * x) / ring, (-z * y) / ring, ring];
  const east = [-y / ring, x / ring, 0];
  for (let axis = 0; axis < 3; axis++) {
    AXIS_X[3 * face + axis] = cos(azimuth) * north[axis] + sin(azimuth) * east[axis];
    AXIS_Y[3 * face + axis] = sin(azimuth) * north[axis] - cos(azimuth) * east[axis];
  }
}

/** Writes the unit vector of a cell's centre into `out` (3 numbers); returns the face it lies on. The input must be a cell. */
export function cellDirection(hi: number, lo: number, out: Float64Array): number {
  const baseCell = cellBaseCell(hi);
  const resolution = cellResolution(hi);
  const onPentagon = isPentagonBaseCell(baseCell);
  let leading = 0;
  for (let r = 1; onPentagon && r <= resolution && leading === 0; r++) leading = cellDigit(hi, lo, r);
  let a = homeA(baseCell);
  let b = homeB(baseCell);
  let scale = 1;
  for (let r = 1; r <= resolution || (r & 1) === 0; r++) {
    const a0 = a;
    // A coarser step in finer ones: 2 - ω into an odd resolution, 3 + ω into an even one.
    a = r & 1 ? 2 * a0 + b : 3 * a0 - b;
    b = r & 1 ? 3 * b - a0 : a0 + 2 * b;
    if ((r & 1) === 0) scale *= 7;
    if (r > resolution) break;
    let digit = cellDigit(hi, lo, r);
    // The fifth subsequence of a pentagon lies where the deleted first one would be, turned.
    if (leading === 5) digit = DIGIT_CW[digit];
    a += DIGIT_A[digit];
    b += DIGIT_B[digit];
  }
  return facePoint(homeFace(baseCell), a, b, scale, onPentagon, leading, out);
}

/** Moves a plane point to the face it really lies on, which is returned, and projects it to the sphere; `scale` steps make one of resolution 0. */
function facePoint(
  home: number,
  homeA: number,
  homeB: number,
  scale: number,
  onPentagon: boolean,
  leading: number,
  out: Float64Array,
): number {
  const edge = 2 * scale;
  let face = home;
  let a = homeA;
  let b = homeB;
  for (let hop = 0; ; hop++) {
    // The same point as non-negative multiples of the three axes; their sum is beyond `edge` when it lies off the face.
    const k = -Math.min(a, b, 0);
    const j = b + k;
    if (a + k + j + k <= edge || (hop > 0 && !onPentagon)) break;
    const side = k === 0 ? 0 : j === 0 ? 1 : 2;
    if (side === 1 && leading === 4 && hop === 0) {
      // Around a pentagon's corner the deleted subsequence is skipped: 60° clockwise about the corner.
      const fromCorner = a - edge;
      a = b + edge;
      b -= fromCorner;
    }
    const a0 = a;
    const isPolar = face < 5 || face >= 15;
    if (side === 2) {
      a = -a0 - edge;
      b = -b;
    } else if (isPolar && side === 0) {
      a = a0 - b;
      b = a0 - edge;
    } else if (isPolar) {
      a = b + edge;
      b = b - a0 + edge;
    } else {
      a = side === 0 ? edge - a0 : -a0;
      b = side === 0 ? edge - b : -b - edge;
    }
    face = FACE_NEIGHBOUR[3 * face + side];
  }
  const x = ((a - 0.5 * b) * STEP_0) / scale;
  const y = (b * HALF_SQRT_3 * STEP_0) / scale;
  const vx = FACE[4 * face] + x * AXIS_X[3 * face] + y * AXIS_Y[3 * face];
  const vy = FACE[4 * face + 1] + x * AXIS_X[3 * face + 1] + y * AXIS_Y[3 * face + 1];
  const vz = FACE[4 * face + 2] + x * AXIS_X[3 * face + 2] + y * AXIS_Y[3 * face + 2];
  const length = Math.sqrt(vx * vx + vy * vy + vz * vz);
  out[0] = vx / length;
  out[1] = vy / length;
  out[2] = vz / length;
  return face;
}
