import { VitalwireError } from '@vitalwire/protocol';

/**
 * An error of this client. Thrown for wrong use: `invalid_option`, `already_subscribed`, `closed`. Given to `onError`:
 * `token` (`getToken` failed or took too long; see `cause`), `unknown_message`, `unexpected_epoch`, and the reason or error code of the
 * server that stopped a subscription or the connection.
 */
export class ClientError extends VitalwireError {
  override readonly name: string = 'ClientError';
}
