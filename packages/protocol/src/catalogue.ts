import type * as z from 'zod/mini';
import type { MessageDefinition, Publishing } from './definition.ts';
import { connect } from './messages/connect.ts';
import { effectivenessUpdate } from './messages/effectiveness-update.ts';
import { feedbackUpdate } from './messages/feedback-update.ts';
import { pong } from './messages/pong.ts';
import { recommendationUpdate } from './messages/recommendation-update.ts';

/**
 * The messages of wire version 1. Everything that depends on the message types is derived from this list; a new type
 * is one file under `messages/` and one line here, or a line in an own list that is given to `createServer` and
 * `createClient`.
 */
export const catalogue = [connect, recommendationUpdate, effectivenessUpdate, feedbackUpdate, pong] as const;

/** A list of message definitions. */
export type Catalogue = readonly MessageDefinition[];

/** The catalogue of this package: what servers and clients use unless they are given another. */
export type StandardCatalogue = typeof catalogue;

/** The publication types of a catalogue, for example `'effectiveness_update'`. */
export type PublicationType<C extends Catalogue = StandardCatalogue> = Extract<
  C[number],
  { publish: Publishing }
>['type'];

type DefinitionOf<C extends Catalogue, Type extends string> = Extract<C[number], { type: Type }>;

/** What `data` holds in messages of one type. */
export type DataOf<Type extends string, C extends Catalogue = StandardCatalogue> = z.output<
  DefinitionOf<C, Type>['data']
>;

/** What a publisher gives for one publication type, apart from the diagnosis. */
export type PublishBody<Type extends string, C extends Catalogue = StandardCatalogue> =
  DefinitionOf<C, Type>['publish'] extends Publishing<unknown, infer Body> ? z.input<Body> : never;

/** A publication as it stands on the wire; a union over the types when none is named. */
export type PublicationMessage<
  Type extends string = PublicationType,
  C extends Catalogue = StandardCatalogue,
> = Type extends string
  ? {
      type: Type;
      diagnosis_id: number;
      data: DataOf<Type, C>;
      timestamp: string;
      epoch: string;
      offset: number;
    }
  : never;

/** A definition that can be published. */
export type PublicationDefinition = MessageDefinition & { readonly publish: Publishing };

/** The definitions of a catalogue that can be published. */
export function publicationsOf(definitions: Catalogue): PublicationDefinition[] {
  return definitions.filter(
    (definition): definition is PublicationDefinition => definition.publish !== undefined,
  );
}
