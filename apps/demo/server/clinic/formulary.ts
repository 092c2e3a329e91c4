import type { Remedy } from '../views.ts';

/** A herb that may be recommended, with the regimens in which it is given: the first is where one begins. */
export interface FormularyEntry {
  readonly herb: string;
  readonly preparation: string;
  readonly regimens: readonly [Regimen, Regimen];
}

interface Regimen {
  readonly dosage: string;
  readonly frequency: string;
}

/** Conditions that the clinic treats. */
export type Condition = 'sleep' | 'digestion' | 'headache';

/** For each condition, the herbs in the order in which they are tried. */
export const FORMULARY: Readonly<Record<Condition, readonly FormularyEntry[]>> = {
  sleep: [
    entry('Lemon balm', 'Infusion of the dried leaf', ['2 g', 'in the evening'], ['3 g', 'twice a day']),
    entry(
      'Chamomile',
      'Infusion of the dried flower heads',
      ['3 g', 'an hour before bed'],
      ['4 g', 'afternoon and evening'],
    ),
    entry(
      'Valerian',
      'Dry extract of the root, tablet',
      ['400 mg', 'an hour before bed'],
      ['600 mg', 'half an hour before bed'],
    ),
    entry('Passionflower', 'Infusion of the dried herb', ['1.5 g', 'in the evening'], ['2 g', 'twice a day']),
    entry('Lavender', 'Oil of the flower, soft capsule', ['80 mg', 'once a day'], ['80 mg', 'twice a day']),
  ],
  digestion: [
    entry(
      'Ginger',
      'Powdered root, capsule',
      ['250 mg', 'before each meal'],
      ['500 mg', 'before the two main meals'],
    ),
    entry(
      'Peppermint',
      'Infusion of the dried leaf',
      ['1.5 g', 'three times a day'],
      ['2 g', 'after each meal'],
    ),
    entry(
      'Fennel',
      'Infusion of the crushed fruit',
      ['1.5 g', 'three times a day'],
      ['2.5 g', 'three times a day'],
    ),
    entry('Lemon balm', 'Infusion of the dried leaf', ['2 g', 'twice a day'], ['3 g', 'three times a day']),
  ],
  headache: [
    entry(
      'Peppermint',
      'Oil, 10 % in ethanol, on forehead and temples',
      ['a thin film', 'at the first sign'],
      ['a thin film', 'up to three times a day'],
    ),
    entry(
      'Willow bark',
      'Dry extract of the bark, tablet',
      ['240 mg salicin', 'once a day'],
      ['120 mg salicin', 'twice a day'],
    ),
    entry('Feverfew', 'Powdered herb, capsule', ['100 mg', 'once a day'], ['100 mg', 'morning and evening']),
  ],
};

/** The remedy with which a treatment begins. */
export function initialRemedy({ herb, preparation, regimens }: FormularyEntry): Remedy {
  return { herb, preparation, ...regimens[0] };
}

/** The same herb in its other regimen. */
export function otherRegimen(condition: Condition, remedy: Remedy): Remedy {
  const regimens = FORMULARY[condition].find(({ herb }) => herb === remedy.herb)?.regimens;
  const other = regimens?.find(
    ({ dosage, frequency }) => dosage !== remedy.dosage || frequency !== remedy.frequency,
  );
  return { ...remedy, ...other };
}

type Pair = readonly [dosage: string, frequency: string];

function entry(herb: string, preparation: string, usual: Pair, other: Pair): FormularyEntry {
  return {
    herb,
    preparation,
    regimens: [
      { dosage: usual[0], frequency: usual[1] },
      { dosage: other[0], frequency: other[1] },
    ],
  };
}
