import { createRequire } from 'node:module';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// Tests run against the sources of all workspace packages: nothing has to be built first.
const conditions = ['@vitalwire/source', 'module', 'node', 'development|production'];
const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

function project(name: string, folder: string, options: TestProjectInlineConfiguration['test'] = {}) {
  return {
    ...fromSource,
    test: { name, include: [`${folder}/test/**/*.test.ts`], environment: 'node', ...options },
  } satisfies TestProjectInlineConfiguration;
}

/** How the tests of the hooks run, with whichever React. */
const hooks = {
  include: ['packages/react/test/**/*.test.tsx'],
  setupFiles: ['document', 'complaints'].map((name) => `packages/react/test/support/${name}.ts`),
  testTimeout: 20_000,
};

/** Everything of React as the workspace in this folder has it. */
function reactOf(folder: string) {
  const { resolve } = createRequire(new URL(`${folder}/package.json`, import.meta.url));
  const entries = [
    'react',
    'react/jsx-runtime',
    'react/jsx-dev-runtime',
    'react-dom/client',
    'react-dom/server',
  ];
  return [...entries, '@testing-library/react'].map((name) => ({
    find: new RegExp(`^${name}$`),
    replacement: resolve(name),
  }));
}

export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.{ts,tsx}'],
      reporter: ['text-summary', 'json-summary'],
      reportOnFailure: true,
    },
    projects: [
      project('protocol', 'packages/protocol'),
      // Some start processes, which takes its time on a machine with more to do.
      project('server', 'packages/server', { testTimeout: 20_000 }),
      project('client', 'packages/client', {
        typecheck: {
          enabled: true,
          include: ['packages/client/test/**/*.test-d.ts'],
          tsconfig: 'packages/client/tsconfig.test.json',
          ignoreSourceErrors: true, // the typecheck task reports those
        },
      }),
      project('react', 'packages/react', {
        ...hooks,
        typecheck: {
          enabled: true,
          include: ['packages/react/test/**/*.test-d.ts'],
          tsconfig: 'packages/react/tsconfig.test.json',
          ignoreSourceErrors: true, // the typecheck task reports those
        },
      }),
      // The same with the oldest React that the hooks support.
      project('react-18', 'packages/react', { ...hooks, alias: reactOf('./packages/react/test/react-18') }),
      // Starts servers in processes of their own.
      project('testing', 'packages/testing', { pool: 'forks', testTimeout: 30_000 }),
      // These start servers and child processes, so each file gets a process of its own and more time.
      project('e2e', 'packages/e2e', { pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000 }),
      project('demo', 'apps/demo'),
      // Starts processes, one pair of them for each target.
      project('bench', 'apps/bench', { pool: 'forks', testTimeout: 60_000 }),
      // Runs the examples of the guides, each in a process of its own.
      project('docs', 'docs', {
        include: ['docs/{recipes,test}/**/*.test.{ts,tsx}'],
        pool: 'forks',
        testTimeout: 30_000,
        hookTimeout: 30_000,
      }),
    ],
  },
});
