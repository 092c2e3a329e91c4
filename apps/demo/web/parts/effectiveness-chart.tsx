import type { Measurement } from '../../server/views.ts';
import { coursesOf, layOut, pointsOf } from '../chart/chart-layout.ts';
import { useWidth } from '../chart/use-width.ts';
import { dayOf, percent, when } from '../words.ts';

interface EffectivenessChartProps {
  readonly diagnosisId: number;
  readonly measurements: readonly Measurement[];
  readonly failingBelow: number;
}

const HEIGHT = 220;
const SHOWN = 24;

/** Effectiveness after each feedback, with the interval in which it probably lies. */
export function EffectivenessChart({ diagnosisId, measurements, failingBelow }: EffectivenessChartProps) {
  const [frame, width] = useWidth();
  const shown = measurements.slice(-SHOWN);
  const layout = layOut(width, HEIGHT, shown.length);
  const points = pointsOf(shown, layout);
  const last = shown.at(-1);
  return (
    <figure className="chart" data-testid={`chart-${diagnosisId}`} ref={frame}>
      <svg width={width} height={HEIGHT} role="img" aria-label={summaryOf(last, shown.length)}>
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share} className="grid">
            <path d={`M${layout.left} ${layout.y(share)} H${width - layout.right}`} />
            <text x={layout.left - 8} y={layout.y(share) + 4}>
              {Math.round(share * 100)}
            </text>
          </g>
        ))}
        <path
          className="threshold"
          d={`M${layout.left} ${layout.y(failingBelow)} H${width - layout.right}`}
        />
        {coursesOf(points).map(({ key, herb, start, band, line, wide }) => (
          <g key={key}>
            <path className="course-start" d={`M${start} ${layout.top - 14} V${layout.y(0)}`} />
            {wide && (
              <text className="course-name" x={start + 5} y={layout.top - 5}>
                {herb}
              </text>
            )}
            <path className="band" d={band} />
            <path className="line" d={line} />
          </g>
        ))}
        {points.map(({ x, y, measurement }, index) => (
          <circle
            key={`${measurement.courseId}:${measurement.sampleSize}:${measurement.at}`}
            className={index === points.length - 1 ? 'dot last' : 'dot'}
            cx={x}
            cy={y}
            r={index === points.length - 1 ? 5 : 3}
          >
            <title>{sentenceOf(measurement)}</title>
          </circle>
        ))}
        {points.map(({ x, measurement }, index) =>
          index % layout.labelEvery === 0 ? (
            <text key={measurement.at} className="tick" x={x} y={HEIGHT - 6}>
              {dayOf(measurement.at)}
            </text>
          ) : null,
        )}
      </svg>
      <figcaption>Dashed: another herb below {percent(failingBelow)}</figcaption>
      <details>
        <summary>Show as a table</summary>
        <MeasurementTable measurements={shown} />
      </details>
    </figure>
  );
}

function MeasurementTable({ measurements }: { measurements: readonly Measurement[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Herb</th>
          <th scope="col">Effective</th>
          <th scope="col">Confidence</th>
          <th scope="col">Reports</th>
        </tr>
      </thead>
      <tbody>
        {measurements.toReversed().map((one) => (
          <tr key={`${one.courseId}:${one.sampleSize}:${one.at}`}>
            <td>{when(one.at)}</td>
            <td>{one.herb}</td>
            <td>{percent(one.effectiveness)}</td>
            <td>{percent(one.confidence)}</td>
            <td>{one.sampleSize}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function summaryOf(last: Measurement | undefined, count: number): string {
  return last ? `Effectiveness over ${count} measurements. Last: ${sentenceOf(last)}` : 'No measurements yet';
}

function sentenceOf({ herb, effectiveness, confidence, sampleSize, at }: Measurement): string {
  return `${herb} ${percent(effectiveness)}, confidence ${percent(confidence)}, ${sampleSize} reports, ${when(at)}`;
}
