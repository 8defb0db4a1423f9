/**
 * Sine, cosine and arcsine whose bits are the same on every machine.
 *
 * ECMAScript lets an engine approximate Math.sin, Math.cos and Math.asin as it likes, and engines, versions and C libraries
 * differ in the last bit. A position or a distance that decides a verdict must not. These use +, -, * and sqrt only, which
 * IEEE 754 rounds exactly, in one written order.
 *
 * Method: the polynomials and the two-part π/2 of fdlibm (Sun Microsystems, 1993: "Permission to use, copy, modify, and
 * distribute this software is freely granted, provided that this notice is preserved"). Error below 1 ulp. Arguments in
 * radians; sin and cos are for |x| ≤ 2π, where the reduction by at most four quarter turns loses nothing.
 */

/** π/2 in parts of 33 bits, so that a small integer times a part is exact; the tail is the rest. */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_2_TAIL = 2.0222662487959506e-21;
const HALF_PI_HI = 1.5707963267948966;
const HALF_PI_LO = 6.123233995736766e-17;
const QUARTER_PI = 0.7853981633974483;
const TWO_OVER_PI = 0.6366197723675814;

/** sin(x + tail) for |x| ≤ π/4. */
function sinKernel(x: number, tail: number): number {
  const z = x * x;
  const v = z * x;
  const r =
    8.33333333332249e-3 +
    z * (-1.984126982985795e-4 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x - (z * (0.5 * tail - v * r) - tail - v * -0.16666666666666632);
}

/** cos(x + tail) for |x| ≤ π/4. */
function cosKernel(x: number, tail: number): number {
  const z = x * x;
  const r =
    z *
    (4.16666666666666e-2 +
      z *
        (-1.388888888887411e-3 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * tail));
}

/** sin of `x` shifted by `quarterTurns` of π/2. */
function sinShifted(x: number, quarterTurns: number): number {
  const n = Math.floor(x * TWO_OVER_PI + 0.5);
  // Cody and Waite: subtract n·π/2 part by part; the first two products are exact.
  const first = x - n * HALF_PI_1;
  const second = n * HALF_PI_2;
  const r = first - second;
  const w = n * HALF_PI_2_TAIL - (first - r - second);
  const y = n === 0 ? x : r - w;
  const tail = n === 0 ? 0 : r - y - w;
  switch ((n + quarterTurns) & 3) {
    case 0:
      return sinKernel(y, tail);
    case 1:
      return cosKernel(y, tail);
    case 2:
      return -sinKernel(y, tail);
    default:
      return -cosKernel(y, tail);
  }
}

/** Sine of `x` radians, |x| ≤ 2π. NaN for NaN. */
export function sin(x: number): number {
  return sinShifted(x, 0);
}

/** Cosine of `x` radians, |x| ≤ 2π. NaN for NaN. */
export function cos(x: number): number {
  return sinShifted(x, 1);
}

/** (asin(x) - x) / x for z = x², x ≤ 1/2, as a ratio of polynomials. */
function asinRatio(z: number): number {
  const p =
    z *
    (0.16666666666666666 +
      z *
        (-0.3255658186224009 +
          z *
            (0.20121253213486293 +
              z * (-4.005553450067941e-2 + z * (7.915349942898145e-4 + z * 3.479331075960212e-5)))));
  const q =
    1 + z * (-2.403394911734414 + z * (2.0209457602335057 + z * (-0.6882839716054533 + z * 7.703815055590194e-2)));
  return p / q;
}

/** Arcsine in radians, -π/2 to π/2. NaN outside -1 to 1. */
export function asin(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude <= 1)) return Number.NaN;
  if (magnitude < 0.5) return x + x * asinRatio(x * x);
  const z = (1 - magnitude) * 0.5;
  const s = Math.sqrt(z);
  const ratio = asinRatio(z);
  let result: number;
  if (magnitude > 0.975) {
    result = HALF_PI_HI - (2 * (s + s * ratio) - HALF_PI_LO);
  } else {
    // sqrt(z) in two parts: 24 bits, whose square is exact, and the rest.
    const high = Math.fround(s);
    const rest = (z - high * high) / (s + high);
    result = QUARTER_PI - (2 * s * ratio - (HALF_PI_LO - 2 * rest) - (QUARTER_PI - 2 * high));
  }
  return x < 0 ? -result : result;
}
