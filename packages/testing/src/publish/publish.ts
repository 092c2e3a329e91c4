import {
  type Catalogue,
  type Position,
  type PublicationDefinition,
  type PublicationMessage,
  type PublicationType,
  type PublishBody,
  publicationsOf,
  type StandardCatalogue,
} from '@vitalwire/protocol';
import type { BroadcastOptions, MethodName } from '@vitalwire/server';
import { exampleBody } from './example-body.ts';

/** What was published, as subscribers receive it. */
export type Published<Type extends string = PublicationType, C extends Catalogue = StandardCatalogue> = Omit<
  PublicationMessage<Type, C>,
  'timestamp'
>;

/**
 * One method for each publication type of the catalogue, for example `effectivenessUpdate`. What a body leaves out is
 * filled with valid values, which differ from one publication to the next. Resolves when it is durable.
 */
export type Publish<C extends Catalogue = StandardCatalogue> = {
  readonly [Type in PublicationType<C> as MethodName<Type>]: (
    diagnosisId: number,
    overrides?: Partial<PublishBody<Type, C>>,
    options?: BroadcastOptions,
  ) => Promise<Published<Type, C>>;
};

/** Publishes one body, which is complete. */
export type Send = (
  definition: PublicationDefinition,
  diagnosisId: number,
  body: object,
  options: BroadcastOptions,
) => Promise<Position>;

/** Derives the methods from the catalogue. */
export function publishMethods<C extends Catalogue>(catalogue: C, send: Send): Publish<C> {
  let published = 0;
  const methods = publicationsOf(catalogue).map((definition) => [
    methodName(definition.type),
    async (diagnosisId: number, overrides: object = {}, options: BroadcastOptions = {}) => {
      const body = { ...exampleBody(definition, published++), ...overrides };
      const { epoch, offset } = await send(definition, diagnosisId, body, options);
      const { type } = definition;
      return { type, diagnosis_id: diagnosisId, data: dataOf(definition, body), epoch, offset };
    },
  ]);
  return Object.fromEntries(methods) as Publish<C>;
}

/** What a server makes of a body, which it has accepted. */
export function dataOf({ publish }: PublicationDefinition, body: object): unknown {
  return publish.toData(publish.body.parse(body));
}

function methodName(type: string): string {
  return type.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
