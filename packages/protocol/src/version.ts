/** Version of the wire protocol. A change that breaks readers raises it, and the {@link SUBPROTOCOL} with it. */
export const WIRE_VERSION = 1;

/** WebSocket subprotocol of the many-topic endpoint `GET /ws`. */
export const SUBPROTOCOL = 'vitalwire.v1';
