import type {
  Catalogue,
  Position,
  PublicationMessage,
  PublicationType,
  StandardCatalogue,
} from '@vitalwire/protocol';

/**
 * One publication as handlers receive it: the wire's fields, and whether it was published before the subscription
 * began and supplied afterwards. A union over the catalogue's types when none is named.
 */
export type Publication<
  Type extends string = PublicationType,
  C extends Catalogue = StandardCatalogue,
> = PublicationMessage<Type, C> & { readonly recovered: boolean };

/** Any publication of a catalogue; `type` tells them apart. */
export type AnyPublication<C extends Catalogue = StandardCatalogue> = Publication<PublicationType<C>, C>;

/** A publication of an unknown catalogue. */
export interface LoosePublication extends Position {
  readonly type: string;
  readonly diagnosis_id: number;
  readonly data: unknown;
  readonly timestamp: string;
  readonly recovered: boolean;
}
