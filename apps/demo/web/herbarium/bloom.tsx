import type { ReactNode } from 'react';
import type { Habit } from './herbs.ts';
import { along, degreesAlong, type Point } from './stem-line.ts';

/** The flowers at the top of the stem. */
export function Bloom({ kind, petals }: { kind: Habit['bloom']; petals: string }) {
  const Drawn = BLOOMS[kind];
  return <g style={{ color: petals }}>{Drawn()}</g>;
}

const BLOOMS: Readonly<Record<Habit['bloom'], () => ReactNode>> = {
  daisy: Daisies,
  umbel: Umbel,
  spike: Spike,
  wheel: Wheel,
  catkin: Catkins,
  cone: Cone,
};

const TOP = along(1);

/** Angles all around, in degrees. */
function turns(count: number): number[] {
  return rows(count).map((index) => (360 * index) / count);
}

/** Angles from one side to the other, in degrees. */
function fan(count: number, reach: number): number[] {
  return rows(count).map((index) => -reach + (2 * reach * index) / (count - 1));
}

function rows(count: number): number[] {
  return [...Array(count).keys()];
}

function Daisies() {
  const heads: readonly (Point & { size: number })[] = [
    { x: TOP.x + 2, y: 52, size: 24 },
    { x: TOP.x - 46, y: 88, size: 19 },
    { x: TOP.x + 48, y: 92, size: 18 },
    { x: TOP.x + 26, y: 26, size: 13 },
  ];
  return heads.map(({ x, y, size }) => {
    const root = along(y < 60 ? 0.94 : 0.78);
    return (
      <g key={x}>
        <path className="stem thin" d={`M${root.x} ${root.y} Q${x} ${(root.y + y) / 2 + 8} ${x} ${y}`} />
        {turns(13).map((angle) => (
          <ellipse
            key={angle}
            className="petal"
            rx={size * 0.2}
            ry={size * 0.46}
            transform={`translate(${x} ${y}) rotate(${angle}) translate(0 ${-size * 0.72})`}
          />
        ))}
        <circle className="eye" cx={x} cy={y} r={size * 0.38} />
      </g>
    );
  });
}

function Umbel() {
  return [-1, 0, 1].map((side) => {
    const root = side === 0 ? TOP : along(0.84);
    const centre = { x: TOP.x + side * 50, y: side === 0 ? 62 : 96 };
    const reach = side === 0 ? 40 : 26;
    return (
      <g key={side}>
        <path
          className="stem thin"
          d={`M${root.x} ${root.y} Q${centre.x} ${root.y} ${centre.x} ${centre.y}`}
        />
        {fan(9, 76).map((angle) => {
          const x = centre.x + Math.sin((angle * Math.PI) / 180) * reach;
          const y = centre.y - Math.cos((angle * Math.PI) / 180) * reach * 0.86;
          return (
            <g key={angle}>
              <path className="stem hair" d={`M${centre.x} ${centre.y} L${x} ${y}`} />
              {turns(5).map((turn) => (
                <circle
                  key={turn}
                  className="petal"
                  cx={x + Math.sin(turn) * reach * 0.09}
                  cy={y + Math.cos(turn) * reach * 0.09}
                  r={reach * 0.075}
                />
              ))}
            </g>
          );
        })}
      </g>
    );
  });
}

function Spike() {
  return rows(8).map((whorl) => {
    const share = 0.74 + whorl * 0.04;
    const { x, y } = along(share);
    const size = 11 - whorl * 0.9;
    return (
      <g key={whorl} transform={`translate(${x} ${y - whorl * 2.4}) rotate(${degreesAlong(share)})`}>
        {fan(5, 78).map((angle) => (
          <ellipse
            key={angle}
            className="petal"
            rx={size * 0.3}
            ry={size * 0.6}
            transform={`rotate(${angle}) translate(0 ${-size * 0.7})`}
          />
        ))}
      </g>
    );
  });
}

function Wheel() {
  return (
    <g transform={`translate(${TOP.x} 62)`}>
      {turns(10).map((angle) => (
        <ellipse
          key={angle}
          className="petal pale"
          rx="9"
          ry="24"
          transform={`rotate(${angle}) translate(0 -26)`}
        />
      ))}
      {turns(44).map((angle) => (
        <path key={angle} className="filament" d="M0 -9 q2 -12 0 -25" transform={`rotate(${angle})`} />
      ))}
      <circle className="eye" r="8" />
      {turns(3).map((angle) => (
        <path key={angle} className="stem thin" d="M0 0 L0 -13" transform={`rotate(${angle})`} />
      ))}
      <path className="stem thin" d="M-6 96 c-40 6 -54 -20 -34 -30 c14 -6 22 10 10 16" />
    </g>
  );
}

function Catkins() {
  return rows(5).map((index) => {
    const root = along(0.7 + index * 0.07);
    const side = index % 2 === 0 ? 1 : -1;
    return (
      <g key={index} transform={`translate(${root.x} ${root.y}) rotate(${side * (54 - index * 9)})`}>
        <path className="stem hair" d="M0 0 V-12" />
        {rows(9).flatMap((row) =>
          [-1, 1].map((half) => (
            <ellipse
              key={row * half + half * 0.1}
              className="petal"
              rx="3"
              ry="4.6"
              transform={`translate(${half * 2.6 * (1 - row / 12)} ${-14 - row * 3.6}) rotate(${half * 34})`}
            />
          )),
        )}
      </g>
    );
  });
}

function Cone() {
  return (
    <g transform={`translate(${TOP.x} 80)`}>
      {rows(6)
        .toReversed() // the lower scales cover the upper ones
        .flatMap((row) =>
          [-1, 1, 0].map((side) => (
            <path
              key={`${row}${side}`}
              className="petal"
              d="M-8 0 C-11 -12 -4 -20 0 -22 C4 -20 11 -12 8 0 Z"
              transform={`translate(${side * (9 - row * 0.9)} ${-row * 8.5 - (side === 0 ? 4 : 0)}) rotate(${side * 14}) scale(${1 - row * 0.09})`}
            />
          )),
        )}
    </g>
  );
}
