// Copies what the compiler leaves out into the built package: the scripts that run in Redis, and the files of the page at
// GET /docs. Two of them are Swagger UI: they are copied, not
// depended on, so that nobody who installs the server also installs swagger-ui-dist's download counter.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..');
const page = join(root, 'src', 'http', 'docs', 'page');
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
const target = join(root, 'dist', 'http', 'docs', 'page');

const scripts = join('log', 'redis');
for (const file of readdirSync(join(root, 'src', scripts)).filter((name) => name.endsWith('.lua'))) {
  copyFileSync(join(root, 'src', scripts, file), join(root, 'dist', scripts, file));
}
mkdirSync(target, { recursive: true });
for (const file of readdirSync(page).filter((name) => /\.(html|css|js)$/.test(name))) {
  copyFileSync(join(page, file), join(target, file));
}
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'swagger-ui-bundle.js.LICENSE.txt']) {
  copyFileSync(join(swagger, file), join(target, file));
}
copyFileSync(join(swagger, 'LICENSE'), join(target, 'swagger-ui.LICENSE.txt'));
copyFileSync(join(swagger, 'NOTICE'), join(target, 'swagger-ui.NOTICE.txt'));
