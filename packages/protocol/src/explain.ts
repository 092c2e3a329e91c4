import { type Catalogue, catalogue } from './catalogue.ts';
import { createMessageDecoder } from './codec.ts';
import { ProtocolError } from './protocol-error.ts';

/** What is wrong with a frame that a reader refused. */
export function explain(text: string, definitions: Catalogue = catalogue): ProtocolError {
  const decoded = createMessageDecoder(definitions)(text);
  // Tests hold the two to the same verdict.
  return 'invalid' in decoded
    ? decoded.invalid.error
    : new ProtocolError('invalid_message', 'an invalid message');
}
