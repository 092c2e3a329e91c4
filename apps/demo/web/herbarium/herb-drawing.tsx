import { Bloom } from './bloom.tsx';
import { habitOf } from './herbs.ts';
import { Leaf } from './leaf.tsx';
import { along, degreesAlong, type Point, STEM_PATH } from './stem-line.ts';

/** A pressed plant, drawn from its habit. Decoration: the name stands beside it. */
export function HerbDrawing({ herb }: { herb: string }) {
  const habit = habitOf(herb);
  if (habit === undefined) return null;
  const { leaves, arrangement, bloom } = habit;
  return (
    <svg className="herb-drawing" viewBox="0 8 220 320" aria-hidden="true">
      <path className="stem" d={STEM_PATH} />
      {leafPlaces(arrangement, bloom === 'spike' ? 0.66 : 0.8).map(({ key, at, angle, length }) => (
        <Leaf key={key} shape={leaves} at={at} angle={angle} length={length} />
      ))}
      <Bloom kind={bloom} petals={`var(${habit.petals})`} />
      <path className="tape" d="M88 268 l44 -9 l2.4 12 l-44 9 z" />
      <path className="tape" d="M92 142 l38 6 l-2 12 l-38 -6 z" />
    </svg>
  );
}

interface LeafPlace {
  readonly key: string;
  readonly at: Point;
  readonly angle: number;
  readonly length: number;
}

/** Leaves get smaller and stand steeper towards the top. */
function leafPlaces(arrangement: 'opposite' | 'alternate', end: number): LeafPlace[] {
  const start = 0.2;
  const nodes = arrangement === 'opposite' ? 4 : 7;
  const places: LeafPlace[] = [];
  for (let node = 0; node < nodes; node++) {
    const share = start + ((end - start) * node) / (nodes - 1);
    const sides = arrangement === 'opposite' ? [-1, 1] : [node % 2 === 0 ? -1 : 1];
    for (const side of sides) {
      const spread = 68 - 26 * share + (node % 3) * 4;
      places.push({
        key: `${node}${side}`,
        at: along(share),
        angle: degreesAlong(share) + side * spread,
        length: 74 - 40 * share + (side > 0 ? 4 : 0),
      });
    }
  }
  return places;
}
