import type { Habit } from './herbs.ts';
import type { Point } from './stem-line.ts';

interface LeafProps {
  readonly shape: Habit['leaves'];
  readonly at: Point;
  /** Degrees clockwise from straight up. */
  readonly angle: number;
  readonly length: number;
}

export function Leaf({ shape, at, angle, length }: LeafProps) {
  return (
    <g transform={`translate(${at.x} ${at.y}) rotate(${angle})`}>
      {shape === 'ovate' && <Blade length={length} width={length * 0.34} veins={4} toothed />}
      {shape === 'lance' && <Blade length={length * 1.25} width={length * 0.15} veins={0} />}
      {shape === 'lobed' && <Leaflets length={length} />}
      {shape === 'feather' && <Feather length={length} />}
    </g>
  );
}

interface BladeProps {
  readonly length: number;
  readonly width: number;
  readonly veins: number;
  readonly toothed?: boolean;
}

function Blade({ length, width, veins, toothed = false }: BladeProps) {
  const outline =
    `M0 0 C${width} ${-length * 0.18} ${width * 1.05} ${-length * 0.62} 0 ${-length} ` +
    `C${-width * 1.05} ${-length * 0.62} ${-width} ${-length * 0.18} 0 0 Z`;
  const ribs = Array.from({ length: veins }, (_, index) => {
    const y = -length * (0.2 + (0.55 * index) / veins);
    const reach = width * 0.62 * (1 - (index / veins) * 0.55);
    return `M0 ${y} l${reach} ${-length * 0.12} M0 ${y} l${-reach} ${-length * 0.12}`;
  });
  return (
    <>
      <path className={toothed ? 'leaf toothed' : 'leaf'} d={outline} />
      <path className="rib" d={`M0 0 V${-length * 0.94} ${ribs.join(' ')}`} />
    </>
  );
}

/** One leaflet at the tip and pairs of smaller ones below it. */
function Leaflets({ length }: { length: number }) {
  const pairs = [0.3, 0.52, 0.72];
  return (
    <>
      <path className="rib" d={`M0 0 V${-length * 0.8}`} />
      <g transform={`translate(0 ${-length * 0.66})`}>
        <Blade length={length * 0.42} width={length * 0.12} veins={0} />
      </g>
      {pairs.flatMap((share) =>
        [-1, 1].map((side) => (
          <g
            key={share * side}
            transform={`translate(0 ${-length * share}) rotate(${side * 58}) scale(${0.5 + share * 0.35})`}
          >
            <Blade length={length * 0.4} width={length * 0.1} veins={0} />
          </g>
        )),
      )}
    </>
  );
}

/** Threads along a midrib, as of fennel and chamomile. */
function Feather({ length }: { length: number }) {
  const threads = Array.from({ length: 8 }, (_, index) => {
    const share = 0.14 + index * 0.105;
    const reach = length * 0.34 * (1 - Math.abs(share - 0.45));
    const y = -length * share;
    const fork = reach * 0.45;
    return [-1, 1]
      .map(
        (side) =>
          `M0 ${y} q${side * reach * 0.5} ${-reach * 0.2} ${side * reach} ${-reach * 0.75} ` +
          `M${side * reach * 0.5} ${y - reach * 0.3} q${side * fork * 0.6} 0 ${side * fork} ${fork * 0.1}`,
      )
      .join(' ');
  });
  return <path className="thread" d={`M0 0 V${-length} ${threads.join(' ')}`} />;
}
