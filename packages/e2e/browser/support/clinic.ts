import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signToken } from '@vitalwire/server';
import { TcpProxy, until } from '@vitalwire/testing';

/** What a test may change of the demo. */
export interface ClinicOptions {
  /** How long a token of the live connection counts. @default 600 */
  tokenSeconds?: number;
  /** Most publications kept of a diagnosis. @default 1_000 */
  retention?: number;
}

const MAIN = createRequire(import.meta.url).resolve('@vitalwire/demo/dist/server/main.js');

/**
 * The built demo in a process of its own, with a network in front that can be made bad. Browsers come through the
 * network; what a test publishes does not.
 */
export class Clinic {
  readonly proxy: TcpProxy;
  readonly #data: string;
  readonly #options: ClinicOptions;
  #process: ChildProcess;
  #port: number;
  #feedback = 0;

  private constructor(proxy: TcpProxy, data: string, options: ClinicOptions, started: Started) {
    this.proxy = proxy;
    this.#data = data;
    this.#options = options;
    this.#process = started.process;
    this.#port = started.port;
  }

  static async start(options: ClinicOptions = {}): Promise<Clinic> {
    const data = await mkdtemp(join(tmpdir(), 'vitalwire-clinic-'));
    const started = await startProcess(data, options, 0);
    return new Clinic(await TcpProxy.start(started.port), data, options, started);
  }

  /** Where browsers find it: behind the network. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  async #headers(): Promise<Record<string, string>> {
    const secret = (await readFile(join(this.#data, 'token-secret'), 'utf8')).trim();
    const token = await signToken({ secret, sub: 'e2e', scope: 'broadcast' });
    return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /** How many live connections the server knows. */
  async liveConnections(): Promise<number> {
    const status = await fetch(`http://127.0.0.1:${this.#port}/ws/status`, {
      headers: await this.#headers(),
    });
    return ((await status.json()) as { total_connections: number }).total_connections;
  }

  /** Publishes feedback as a backend does, and returns its offset. */
  async publish(diagnosisId: number): Promise<number> {
    const feedback = { feedback_id: `e2e-${++this.#feedback}`, rating: 4, effectiveness: 0.8 };
    const response = await fetch(`http://127.0.0.1:${this.#port}/ws/broadcast-feedback-update`, {
      method: 'POST',
      headers: await this.#headers(),
      body: JSON.stringify({ diagnosis_id: diagnosisId, ...feedback }),
    });
    const answer = (await response.json()) as { offset: number };
    if (!response.ok) throw new Error(`publishing failed: ${JSON.stringify(answer)}`);
    return answer.offset;
  }

  async publishMany(diagnosisId: number, count: number): Promise<number[]> {
    const offsets: number[] = [];
    for (let i = 0; i < count; i++) offsets.push(await this.publish(diagnosisId));
    return offsets;
  }

  /** Ends the server as a power cut of its machine would: nothing is said, nothing is finished. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await exited(this.#process);
  }

  /** Starts it again on the same data and the same port. */
  async restart(): Promise<void> {
    const started = await startProcess(this.#data, this.#options, this.#port);
    this.#process = started.process;
  }

  async stop(): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    this.#process.kill('SIGTERM');
    await exited(this.#process);
    await rm(this.#data, { recursive: true, force: true });
  }
}

interface Started {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startProcess(data: string, options: ClinicOptions, port: number): Promise<Started> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN], {
    env: {
      ...process.env,
      PORT: String(port),
      VITALWIRE_DEMO_DATA: data,
      VITALWIRE_DEMO_TOKEN_SECONDS: String(options.tokenSeconds ?? 600),
      VITALWIRE_DEMO_RETENTION: String(options.retention ?? 1_000),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
    });
  }
  const address = () => /Vitalwire demo: http:\/\/[^\s:]+:(\d+)/.exec(output)?.[1];
  await until(
    () => address() !== undefined || child.exitCode !== null,
    () => `the demo is starting:\n${output}`,
    15_000,
  );
  const found = address();
  if (found === undefined) throw new Error(`the demo did not start:\n${output}`);
  return { process: child, port: Number(found) };
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
