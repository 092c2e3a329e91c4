import type { Client } from '@vitalwire/client';
import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';

/**
 * Tells the hooks which client a page has, once for the whole program, so that they know its message types and whether it
 * handles gaps. Without it they assume the standard catalogue, and ask each hook what happens at a gap.
 *
 * @example
 * declare module '@vitalwire/react' {
 *   interface Register {
 *     client: typeof client;
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: a page adds its client.
export interface Register {}

/** The client that a {@link Register} names. */
export type ClientOf<Registered> = Registered extends { client: infer Given } ? Given : Client;

/** The catalogue of a client. */
export type CatalogueOf<Given> = Given extends Client<infer C, infer _> ? C : StandardCatalogue;

/** Whether a client was given `onGap`. */
export type HandlesGaps<Given> = Given extends Client<infer _, infer Handles> ? Handles : false;

/** The client of this program. */
export type RegisteredClient = ClientOf<Register>;
/** Its message types. */
export type RegisteredCatalogue = CatalogueOf<RegisteredClient>;
/** Whether it says itself what happens at a gap. */
export type RegisteredHandlesGaps = HandlesGaps<RegisteredClient>;

/** A client as the hooks use it, which know its types only by name. */
export type AnyClient = Client<Catalogue, true>;
