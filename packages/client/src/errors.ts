import { VitalwireError } from '@vitalwire/protocol';

/** An error of this client: wrong use, or something that went wrong and was survived. */
export class ClientError extends VitalwireError {
  override readonly name: string = 'ClientError';
}
