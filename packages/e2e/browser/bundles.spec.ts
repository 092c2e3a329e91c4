import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { tokenOf, until } from '@vitalwire/testing';
import { build as bundleWithEsbuild } from 'esbuild';
import { build as bundleWithVite } from 'vite';
import webpack from 'webpack';
import { TestServer, temporaryFolder } from '../support/test-server.ts';

const SOURCE = join(import.meta.dirname, 'bundles');
const DIAGNOSIS = 7;

/** Bundles a program for Node into a folder. Returns its file. */
const bundlers: Record<string, (entry: string, folder: string) => Promise<string>> = {
  async vite(entry, folder) {
    await bundleWithVite({
      ...{ configFile: false, logLevel: 'silent', root: SOURCE },
      build: { outDir: folder, ssr: entry, rolldownOptions: { output: { entryFileNames: 'main.mjs' } } },
      ssr: { noExternal: true, target: 'webworker' },
    });
    return join(folder, 'main.mjs');
  },
  async webpack(entry, folder) {
    const compiler = webpack({
      ...{ mode: 'production', target: 'node22', entry },
      output: { path: folder, filename: 'main.mjs', chunkFilename: '[id].mjs', module: true },
      experiments: { outputModule: true },
    });
    await new Promise<void>((resolve, reject) => {
      compiler?.run((error, stats) => {
        if (error) reject(error);
        else if (stats?.hasErrors() || stats?.hasWarnings()) reject(new Error(stats.toString()));
        else resolve();
      });
    });
    return join(folder, 'main.mjs');
  },
  async esbuild(entry, folder) {
    await bundleWithEsbuild({
      ...{ entryPoints: { main: entry }, outdir: folder, outExtension: { '.js': '.mjs' } },
      ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser' },
    });
    return join(folder, 'main.mjs');
  },
};

interface Watched {
  readonly server: TestServer;
  readonly settings: string;
  publish(): Promise<unknown>;
}

const withServer = test.extend<{ watched: Watched }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it so
  watched: async ({}, use) => {
    await using server = await TestServer.start();
    const token = await tokenOf({ sub: 'ann', diagnoses: [DIAGNOSIS] });
    await use({
      server,
      settings: JSON.stringify({ url: `ws://127.0.0.1:${server.port}/ws`, token, diagnosisId: DIAGNOSIS }),
      publish: () =>
        server.broadcast.feedbackUpdate(DIAGNOSIS, { feedback_id: 1, rating: 4, effectiveness: 0.8 }),
    });
  },
});

for (const [name, bundle] of Object.entries(bundlers)) {
  withServer(`the client bundled by ${name} works in Node`, async ({ watched }) => {
    await using folder = await temporaryFolder();
    const file = await bundle(join(SOURCE, 'node.js'), folder.path);
    const program = spawn(process.execPath, [file, watched.settings]);
    let said = '';
    let complaints = '';
    program.stdout.on('data', (data) => {
      said += data;
    });
    program.stderr.on('data', (data) => {
      complaints += data;
    });
    try {
      await watched.publish();
      await until(
        () => said.includes('1: 4') && said.includes('live'),
        () => `${name}: ${said}${complaints}`,
        10_000,
      );
      expect(said.trim().split('\n').sort()).toEqual(['1: 4', 'live']);
    } finally {
      program.kill();
    }
  });
}

withServer('the client bundled by vite works in a page and in its Web Worker', async ({ watched, page }) => {
  await using folder = await temporaryFolder();
  await bundleWithVite({
    ...{ configFile: false, logLevel: 'silent', root: SOURCE, base: './' },
    build: { outDir: folder.path },
    worker: { format: 'es' },
  });
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const host = createServer(async (request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    const file = await readFile(join(folder.path, path)).catch(() => undefined);
    response.writeHead(file ? 200 : 404, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(file);
  }).listen(0, '127.0.0.1');
  await once(host, 'listening');
  try {
    const address = `http://127.0.0.1:${(host.address() as AddressInfo).port}/`;
    await page.goto(`${address}#${encodeURIComponent(watched.settings)}`);
    for (const where of ['page', 'worker']) {
      await expect(page.locator(`#${where} li`)).toHaveText(['live']);
    }
    await watched.publish();
    for (const where of ['page', 'worker']) {
      await expect(page.locator(`#${where} li`)).toHaveText(['live', '1: 4']);
    }
  } finally {
    host.closeAllConnections();
    host.close();
  }
});
