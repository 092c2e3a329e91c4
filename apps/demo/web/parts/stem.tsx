import type { AnyPublication, Gap } from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';

const SHOWN = 9;
const STEP = 30;
const FIRST = 20;
const GROUND = 22;

interface StemProps {
  readonly arrivals: readonly AnyPublication[];
  readonly gaps: readonly Gap[];
  readonly position: Position | undefined;
}

/** A topic's log as it grew here: a leaf for each message that arrived, a break where messages are gone. */
export function Stem({ arrivals, gaps, position }: StemProps) {
  const shown = arrivals.slice(-SHOWN);
  const width = FIRST + SHOWN * STEP;
  const tip = FIRST + Math.max(0, shown.length - 1) * STEP + (shown.length > 0 ? 20 : 0);
  return (
    <svg className="log-stem" viewBox={`0 0 ${width} 44`} aria-hidden="true">
      <path className="stem-rest" d={`M${tip} ${GROUND} H${width - 4}`} />
      <path className="stem-line" d={`M2 ${GROUND} H${tip}`} />
      {shown.length === 0 && (
        <text x={FIRST} y={GROUND + 17}>
          {position && position.offset > 0 ? `nothing new after ${position.offset}` : 'no messages yet'}
        </text>
      )}
      {shown.map((publication, index) => {
        const x = FIRST + index * STEP;
        const up = publication.offset % 2 === 0;
        return (
          <g
            key={`${publication.epoch}:${publication.offset}`}
            className={publication.recovered ? 'bud recovered' : 'bud'}
            transform={`translate(${x} ${GROUND})`}
          >
            {follows(shown[index - 1], publication, gaps) && (
              <path className="break" d="M-11 -8 l4 16 M-6 -8 l4 16" />
            )}
            <path d="M0 0 C1 -9 8 -15 19 -16 C18 -6 11 0 0 0 Z" transform={up ? '' : 'scale(1 -1)'} />
            <text x={4} y={up ? 17 : -9}>
              {publication.offset}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Whether a gap lies directly before a publication. */
function follows(
  before: AnyPublication | undefined,
  publication: AnyPublication,
  gaps: readonly Gap[],
): boolean {
  return gaps.some(
    ({ from }) =>
      from.epoch === publication.epoch &&
      from.offset < publication.offset &&
      (before === undefined || before.epoch !== from.epoch || before.offset <= from.offset),
  );
}
