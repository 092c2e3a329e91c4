// Copies the two Swagger UI files that GET /docs serves into the built package. They are copied, not
// depended on, so that nobody who installs the server also installs swagger-ui-dist's download counter.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const source = dirname(require.resolve('swagger-ui-dist/package.json'));
const target = join(import.meta.dirname, '..', 'dist', 'http', 'docs');

mkdirSync(target, { recursive: true });
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) {
  copyFileSync(join(source, file), join(target, file));
}
