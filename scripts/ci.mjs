// Everything that must hold before a change is merged, in one run: `npm test` ends up here.
// A failing step does not keep the later ones from running, unless they need what it makes.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants as osConstants, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const root = join(import.meta.dirname, '..');
const reports = mkdtempSync(join(tmpdir(), 'vitalwire-ci-'));
const vitestReport = join(reports, 'vitest.json');
const playwrightReport = join(reports, 'playwright.json');

/** Of the messages of a failure, in the closing table. */
const SHOWN_LINES = 60;
const SHOWN_COLUMNS = 400;

/** Every step in the order of the closing table. */
const steps = {
  build: step('build', ['turbo', 'run', 'build', '--output-logs=errors-only']),
  lint: step('lint', ['biome', 'ci', '--error-on-warnings', '.']),
  types: step('types', ['turbo', 'run', 'typecheck', '--output-logs=errors-only']),
  packages: step('packages', ['turbo', 'run', 'check:package', '--output-logs=errors-only']),
  unused: step('unused code', ['knip', '--no-config-hints']),
  size: step('client size', ['size-limit', '--json'], { cwd: join(root, 'packages', 'client') }),
  reactSize: step('react size', ['size-limit', '--json'], { cwd: join(root, 'packages', 'react') }),
  redis: step('redis', ['node', join(root, 'scripts', 'prepare-redis.mjs')], { told: true }),
  node22: step('node 22', ['node', join(root, 'scripts', 'prepare-node-22.mjs')], { told: true }),
  browser: step('browser', ['node', join(root, 'scripts', 'prepare-browser.mjs')]),
  tests: step(
    'tests',
    [
      'vitest',
      'run',
      '--coverage',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${vitestReport}`,
    ],
    { shown: true, count: countVitest },
  ),
  browserTests: step('browser tests', ['playwright', 'test', '--reporter=list,json'], {
    cwd: join(root, 'packages', 'e2e'),
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: playwrightReport },
    shown: true,
    count: countPlaywright,
  }),
};

const running = new Set();
let stopping;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopping = signal;
    for (const child of running) child.kill(signal);
  });
}

try {
  // Not beside the browser: either may call apt-get, which runs once at a time.
  await Promise.all([run(steps.build), run(steps.redis)]);
  if (steps.build.passed) {
    // Two at a time: they use other resources than one another, and most wait for files or the network.
    await inPairs([
      steps.node22,
      steps.browser,
      steps.packages,
      steps.lint,
      steps.types,
      steps.size,
      steps.reactSize,
      steps.unused,
    ]);
    await run(steps.tests); // alone: its timing must not suffer from a neighbour
    if (steps.browser.passed) await run(steps.browserTests);
  }
  if (stopping === undefined) summarize();
} finally {
  rmSync(reports, { recursive: true, force: true });
}
if (stopping !== undefined) process.exitCode = 128 + osConstants.signals[stopping];

/**
 * @param {string} name
 * @param {string[]} command run by `pnpm exec`, which finds the tools of the workspace
 * @param {{ cwd?: string, env?: Record<string, string>, shown?: boolean, told?: boolean, count?: () => object }} options
 *   `shown` steps write to the terminal as they go; of the others a failure's output is printed, of the `told` ones any.
 */
function step(name, command, options = {}) {
  return {
    name,
    command,
    cwd: root,
    env: {},
    shown: false,
    told: false,
    ...options,
    result: 'not run',
    passed: false,
    seconds: 0,
  };
}

async function inPairs(waiting) {
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next);
  };
  await Promise.all([worker(), worker()]);
}

async function run(current) {
  if (stopping !== undefined) return;
  if (current.shown) console.log(`\n▸ ${current.name}`);
  const started = performance.now();
  const { status, output } = await execute(current);
  current.seconds = (performance.now() - started) / 1000;
  current.output = output;
  if (stopping !== undefined) return;

  const counts = current.count?.() ?? { passed: 0, failed: 0, skipped: 0, failures: [] };
  const ranNothing = current.count !== undefined && counts.passed + counts.failed === 0;
  current.passed = status === 0 && counts.failed === 0 && !ranNothing;
  // A step that failed without naming a test (a lint error, a broken import, no test at all) counts as one.
  if (!current.passed && counts.failed === 0) counts.failed = 1;
  current.counts = counts;
  current.result = current.passed ? 'passed' : ranNothing ? 'failed: no test ran' : 'failed';

  if (!current.shown && (current.told || !current.passed)) console.log(`\n${output.trimEnd()}`);
  console.log(`${mark(current)} ${current.name} (${current.seconds.toFixed(1)} s)`);
}

function execute({ command, cwd, env, shown }) {
  return new Promise((resolve) => {
    let output = '';
    const colour = shown || !process.stdout.isTTY ? {} : { FORCE_COLOR: '1' };
    const child = spawn('pnpm', ['exec', ...command], {
      cwd,
      env: { ...process.env, ...colour, ...env },
      stdio: shown ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (status) => {
      running.delete(child);
      resolve({ status, output });
    });
  });
}

function countVitest() {
  const report = readReport(vitestReport);
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) =>
    file.assertionResults.map((test) => ({
      ...test,
      name: `${relative(root, file.name)} > ${test.fullName}`,
    })),
  );
  const failedTests = tests.filter((test) => test.status === 'failed');
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failedTests.length + brokenFiles.length,
    skipped: tests.filter((test) => test.status !== 'passed' && test.status !== 'failed').length,
    failures: [
      ...failedTests.map(({ name, failureMessages }) => ({ name, messages: failureMessages })),
      ...brokenFiles.map(({ name, message }) => ({ name: relative(root, name), messages: [message] })),
    ],
  };
}

function countPlaywright() {
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = readReport(playwrightReport)?.stats ?? {};
  const failures = [];
  collect(readReport(playwrightReport)?.suites ?? []);
  return { passed: expected + flaky, failed: unexpected, skipped, failures };

  function collect(suites, path = []) {
    for (const suite of suites) {
      const titles = [...path, suite.title];
      for (const spec of suite.specs) {
        if (spec.ok) continue;
        const messages = spec.tests.flatMap(({ results }) => results.flatMap(({ errors }) => errors));
        failures.push({
          name: [...titles, spec.title].join(' > '),
          messages: messages.map(({ message = '' }) => message),
        });
      }
      collect(suite.suites ?? [], titles);
    }
  }
}

/** Enough to see why: the whole of it stands further up, where a log may have been cut. */
function excerptOf(messages) {
  const lines = messages
    .flatMap((message) => stripVTControlCharacters(message).split('\n'))
    .filter((line) => !/^ +at .*(node_modules|new Promise)/.test(line));
  const left = lines.length - SHOWN_LINES;
  const shown = lines.slice(0, SHOWN_LINES).map((line) => line.slice(0, SHOWN_COLUMNS));
  return [...shown, ...(left > 0 ? [`… and ${left} lines more`] : [])]
    .map((line) => `    ${line}`)
    .join('\n');
}

function readReport(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function summarize() {
  const all = Object.values(steps);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { counts } of all) {
    for (const key of Object.keys(total)) total[key] += counts?.[key] ?? 0;
  }
  const failures = all.flatMap(({ counts }) => counts?.failures ?? []);

  console.log('\n────────────────────────────────────────');
  for (const { name, messages } of failures) console.log(`✗ ${name}\n${excerptOf(messages)}\n`);
  for (const current of all) {
    const seconds = current.result === 'not run' ? '' : `${current.seconds.toFixed(1)} s`;
    console.log(
      `${mark(current)} ${current.name.padEnd(15)} ${current.result.padEnd(20)} ${seconds.padStart(8)}`,
    );
  }
  console.log(
    `\ncoverage: ${describeCoverage()}\nclient:   ${describeSize()}\nredis:    ${describeRedis()}\n`,
  );
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (total.failed > 0) process.exitCode = 1;
}

function describeCoverage() {
  const total = readReport(join(root, 'coverage', 'coverage-summary.json'))?.total;
  if (steps.tests.result === 'not run' || total === undefined) return 'not measured';
  const kinds = ['lines', 'statements', 'functions', 'branches'];
  return kinds.map((kind) => `${kind} ${total[kind].pct} %`).join(', ');
}

function describeSize() {
  try {
    const checks = [steps.size, steps.reactSize].flatMap(({ output }) => JSON.parse(output));
    return checks
      .map(({ name, size, sizeLimit }) => `${kilobytes(size)} of at most ${kilobytes(sizeLimit)}: ${name}`)
      .join('\n          ');
  } catch {
    return 'not measured';
  }
}

function describeRedis() {
  return /^\[setup\] redis: (.*)$/m.exec(steps.redis.output)?.[1] ?? 'not looked for';
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function mark(current) {
  if (current.result === 'not run') return '–';
  return current.passed ? '✓' : '✗';
}
