import { Window } from 'happy-dom';

/**
 * A document, and what React and Testing Library look for beside it. All the rest, WebSocket and fetch among it, stays
 * Node's: the client and the server of these tests are real.
 */
const window = new Window({ url: 'http://localhost/' });
Object.assign(globalThis, { window, document: window.document, HTMLElement: window.HTMLElement });
