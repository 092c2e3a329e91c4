export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The stem is one cubic curve from the ground to the top, bent as a plant is after pressing. */
const CURVE: readonly [Point, Point, Point, Point] = [
  { x: 104, y: 322 },
  { x: 128, y: 236 },
  { x: 88, y: 160 },
  { x: 114, y: 66 },
];

export const STEM_PATH = `M${CURVE[0].x} ${CURVE[0].y} C${CURVE[1].x} ${CURVE[1].y} ${CURVE[2].x} ${CURVE[2].y} ${CURVE[3].x} ${CURVE[3].y}`;

/** The point at a share of the stem: 0 is the ground, 1 the top. */
export function along(share: number): Point {
  const rest = 1 - share;
  const weights = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3];
  return {
    x: CURVE.reduce((sum, { x }, index) => sum + x * (weights[index] ?? 0), 0),
    y: CURVE.reduce((sum, { y }, index) => sum + y * (weights[index] ?? 0), 0),
  };
}

/** The direction of the stem there, in degrees clockwise from straight up. */
export function degreesAlong(share: number): number {
  const before = along(Math.max(0, share - 0.01));
  const after = along(Math.min(1, share + 0.01));
  return (Math.atan2(after.x - before.x, before.y - after.y) * 180) / Math.PI;
}
