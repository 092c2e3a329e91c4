/** How a herb is drawn: what its leaves and its flowers look like. */
export interface Habit {
  readonly latin: string;
  readonly leaves: 'ovate' | 'lance' | 'feather' | 'lobed';
  readonly arrangement: 'opposite' | 'alternate';
  readonly bloom: 'daisy' | 'umbel' | 'spike' | 'wheel' | 'catkin' | 'cone';
  /** Colour of the petals: a custom property of the style sheet. */
  readonly petals: string;
}

const HABITS: Readonly<Record<string, Habit>> = {
  Chamomile: {
    latin: 'Matricaria chamomilla',
    leaves: 'feather',
    arrangement: 'alternate',
    bloom: 'daisy',
    petals: '--petal-white',
  },
  Feverfew: {
    latin: 'Tanacetum parthenium',
    leaves: 'lobed',
    arrangement: 'alternate',
    bloom: 'daisy',
    petals: '--petal-white',
  },
  Valerian: {
    latin: 'Valeriana officinalis',
    leaves: 'lobed',
    arrangement: 'opposite',
    bloom: 'umbel',
    petals: '--petal-pink',
  },
  Fennel: {
    latin: 'Foeniculum vulgare',
    leaves: 'feather',
    arrangement: 'alternate',
    bloom: 'umbel',
    petals: '--petal-yellow',
  },
  'Lemon balm': {
    latin: 'Melissa officinalis',
    leaves: 'ovate',
    arrangement: 'opposite',
    bloom: 'spike',
    petals: '--petal-white',
  },
  Peppermint: {
    latin: 'Mentha × piperita',
    leaves: 'ovate',
    arrangement: 'opposite',
    bloom: 'spike',
    petals: '--petal-violet',
  },
  Lavender: {
    latin: 'Lavandula angustifolia',
    leaves: 'lance',
    arrangement: 'opposite',
    bloom: 'spike',
    petals: '--petal-violet',
  },
  Passionflower: {
    latin: 'Passiflora incarnata',
    leaves: 'lobed',
    arrangement: 'alternate',
    bloom: 'wheel',
    petals: '--petal-violet',
  },
  Ginger: {
    latin: 'Zingiber officinale',
    leaves: 'lance',
    arrangement: 'alternate',
    bloom: 'cone',
    petals: '--petal-yellow',
  },
  'Willow bark': {
    latin: 'Salix alba',
    leaves: 'lance',
    arrangement: 'alternate',
    bloom: 'catkin',
    petals: '--petal-yellow',
  },
};

/** What is known of a herb; nothing of one that another backend made up. */
export function habitOf(herb: string): Habit | undefined {
  return Object.hasOwn(HABITS, herb) ? HABITS[herb] : undefined;
}
