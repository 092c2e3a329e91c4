import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ServerOptions } from '@vitalwire/testing/playwright';

/** What a test may change of the demo. */
export interface ClinicOptions {
  /** How long a token of the live connection counts. @default 600 */
  tokenSeconds?: number;
  /** Most publications kept of a diagnosis. @default 1_000 */
  retention?: number;
}

const MAIN = createRequire(import.meta.url).resolve('@vitalwire/demo/dist/server/main.js');

/** The built demo, as the server of a test. */
export function clinicServer({ tokenSeconds = 600, retention = 1_000 }: ClinicOptions): ServerOptions {
  return {
    command: [process.execPath, '--no-warnings', MAIN],
    env: ({ port, folder }) => ({
      PORT: String(port),
      VITALWIRE_DEMO_DATA: folder,
      VITALWIRE_DEMO_TOKEN_SECONDS: String(tokenSeconds),
      VITALWIRE_DEMO_RETENTION: String(retention),
    }),
    address: /Vitalwire demo: (http:\/\/[^\s:]+:\d+)/,
    secret: async ({ folder }) => (await readFile(join(folder, 'token-secret'), 'utf8')).trim(),
  };
}
