/**
 * The part of Swagger UI that is used here.
 *
 * @typedef {{ preauthorizeApiKey: (name: string, value: string) => void, authActions: { logout: (names: string[]) => void } }} SwaggerUi
 * @typedef {(options: Record<string, unknown>) => SwaggerUi} SwaggerUiBundle
 * @typedef {{ paths: Record<string, Record<string, { tags?: string[] }>>, tags?: { name: string }[] } & Record<string, unknown>} OpenApi
 */

/** The name of the security scheme in the document. */
const SCHEME = 'token';
/** The tag of the WebSocket endpoints, which have a tab of their own. */
const WEBSOCKET_TAG = 'subscribe';

/**
 * Shows the HTTP endpoints with Swagger UI.
 *
 * @param {HTMLElement} place
 * @param {OpenApi} document
 * @param {URL} base
 * @returns {(token: string) => void} sets the token that requests are sent with
 */
export function createHttpTab(place, document, base) {
  const { SwaggerUIBundle } = /** @type {{ SwaggerUIBundle: SwaggerUiBundle }} */ (
    /** @type {unknown} */ (globalThis)
  );
  const ui = SwaggerUIBundle({
    domNode: place,
    spec: { ...withoutWebSockets(document), servers: [{ url: base.href.replace(/\/$/, '') }] },
    validatorUrl: null,
    deepLinking: false,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    persistAuthorization: false,
  });
  return (token) => {
    if (token) ui.preauthorizeApiKey(SCHEME, token);
    else ui.authActions.logout([SCHEME]);
  };
}

/**
 * @param {OpenApi} document
 * @returns {OpenApi}
 */
function withoutWebSockets(document) {
  const paths = Object.entries(document.paths).filter(
    ([, operations]) => !Object.values(operations).some(({ tags }) => tags?.includes(WEBSOCKET_TAG)),
  );
  const tags = (document.tags ?? []).filter(({ name }) => name !== WEBSOCKET_TAG);
  return { ...document, paths: Object.fromEntries(paths), tags };
}
