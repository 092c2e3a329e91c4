import { VitalwireError } from '@vitalwire/protocol';

/**
 * An error of this client. Thrown for wrong use: `invalid_option`, `closed`. Given to `onError`: `token`
 * (`getToken` failed or took too long; see `cause`), `unknown_message`, `invalid_message` (where zod could not be loaded to
 * say why; see `cause`), `unexpected_epoch`, `snapshot_outdated` (publications after the position of a loaded snapshot are
 * gone), and the reason or error code of the server that stopped a subscription or the connection.
 */
export class ClientError extends VitalwireError {
  override readonly name: string = 'ClientError';
}
