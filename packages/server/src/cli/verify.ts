import { readFileSync } from 'node:fs';
import { parseDiagnosisId } from '@vitalwire/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { VerifyProblem } from '../verify/deployment/problem.ts';
import { type Progress, verifyDeployment } from '../verify/deployment/run.ts';
import { formatReport } from '../verify/format-report.ts';
import { integer, option } from './options.ts';

interface VerifyFlags {
  url: string;
  token?: string;
  tokenFile?: string;
  diagnosis: number;
  seconds: number;
  rate: number;
  subscribers: number;
  seed?: number;
  history?: string;
}

const EXIT = { held: 0, violated: 1, invalid: 2 } as const;

const HELP = `
It publishes by HTTP and subscribes by WebSocket, cuts its own connections at random and resumes, and judges what
arrived: every publication once and in order, recoveries complete, gaps announced, nothing for others.

The token needs to subscribe and to publish: the diagnosis in its claim "diagnoses", and the scope "broadcast" where
owners may not publish. For an HS256 secret: vitalwire token --sub verify --diagnoses <id> --scope broadcast …
Prefer --token-file or VITALWIRE_TOKEN: other users of this machine can see the options of a process.

Exit code: 0 held; 1 violated, the report names what; 2 nothing was proven, the message says why.`;

/** `vitalwire verify`: sees whether a deployment keeps the promise. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify that a deployment delivers everything once and in order.')
    .addOption(option('--url <url>', 'address of the deployment, with its base path').makeOptionMandatory())
    .addOption(option('--token <jwt>', 'token to publish and subscribe with'))
    .addOption(option('--token-file <file>', 'the same from a file'))
    .addOption(
      option('--diagnosis <id>', 'diagnosis to use; nobody else may publish to it meanwhile')
        .argParser(diagnosisId)
        .default(999_999_999),
    )
    .addOption(option('--seconds <number>', 'how long').argParser(integer(5, 3_600)).default(60))
    .addOption(option('--rate <number>', 'publications a second').argParser(integer(1, 200)).default(20))
    .addOption(
      option('--subscribers <number>', 'subscribers of each of the two ways in')
        .argParser(integer(1, 20))
        .default(5),
    )
    .addOption(
      option('--seed <number>', 'decides when connections are cut').argParser(integer(0, 2 ** 31 - 1)),
    )
    .addOption(option('--history <file>', 'write everything that happened to a file, one JSON object a line'))
    .addHelpText('after', HELP)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.invalid))
    .action(verify);
}

async function verify(flags: VerifyFlags): Promise<void> {
  const { url, diagnosis, seconds, rate, subscribers } = flags;
  const seed = flags.seed ?? Math.floor(Math.random() * 2 ** 31);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    const token = tokenOf(flags);
    console.error(
      `verifying diagnosis ${diagnosis} for ${seconds} s: ${rate} publications a second, 2 × ${subscribers} subscribers, seed ${seed}`,
    );
    const report = await verifyDeployment({
      url,
      token,
      diagnosisId: diagnosis,
      seconds,
      rate,
      subscribers,
      seed,
      history: flags.history,
      onProgress: tellProgress,
      signal: stop.signal,
    });
    endProgress();
    console.log(formatReport(report));
    process.exitCode = EXIT[report.verdict];
  } catch (error) {
    endProgress();
    console.error(`vitalwire verify: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = EXIT.invalid;
  }
}

/** A line that is written over on a terminal, and every ten seconds a line elsewhere. */
function tellProgress({ phase, seconds, acknowledged, deliveries, reconnects, found }: Progress): void {
  const line = `${seconds} s, ${phase}: ${acknowledged} published, ${deliveries} delivered, ${reconnects} reconnects${found > 0 ? `, ${found} VIOLATIONS` : ''}`;
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
  else if (seconds % 10 === 0) console.error(line);
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

function tokenOf({ token, tokenFile }: VerifyFlags): string {
  if ((token === undefined) === (tokenFile === undefined)) {
    throw new VerifyProblem(
      'give exactly one of --token, --token-file, VITALWIRE_TOKEN and VITALWIRE_TOKEN_FILE',
    );
  }
  if (tokenFile === undefined) return (token ?? '').trim();
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    throw new VerifyProblem(
      `--token-file ${tokenFile}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function diagnosisId(text: string): number {
  const id = parseDiagnosisId(text);
  if (id === undefined) throw new InvalidArgumentError('Expected a whole number from 1 to 9007199254740991.');
  return id;
}
